import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedSize } from '#adapters/registry/storedSize.js';

test('what a registry stores of an image is its configuration and its layers', () => {
  assert.equal(storedSize({ config: { size: 7 }, layers: [{ size: 100 }, { size: 1 }] }), 108);
  assert.equal(storedSize({ config: { size: 7 }, layers: [] }), 7);
});

test('a manifest that does not say how large something is gives no size', () => {
  assert.equal(storedSize({ manifests: [{ size: 5 }] }), undefined);
  assert.equal(storedSize({ layers: [{ size: 1 }] }), undefined);
  assert.equal(storedSize({ config: { size: 1 }, layers: [{ size: '1' }] }), undefined);
  assert.equal(storedSize({ config: { size: 1 }, layers: [{ size: -1 }] }), undefined);
  assert.equal(storedSize({ config: { size: 1 }, layers: [{}, { size: 0.5 }] }), undefined);
});
