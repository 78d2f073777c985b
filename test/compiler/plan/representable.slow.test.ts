import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unrepresentable } from '#compiler/plan/representable.js';

test('what is not NFC and what is no UTF-8 is found', () => {
  assert.equal(unrepresentable('e\u0301'), 'not-nfc');
  assert.equal(unrepresentable('\u212b'), 'not-nfc');
  assert.equal(unrepresentable('a\ud800'), 'lone-surrogate');
  assert.equal(unrepresentable('\udc00\ud800'), 'lone-surrogate');
  assert.equal(unrepresentable('é😀\0\ufeff'), undefined);
  assert.equal(unrepresentable(''), undefined);
});

test('it agrees with String.normalize and with UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      const text = a + b;
      const utf8 = Buffer.from(text, 'utf8').toString('utf8') === text;
      const expected = !utf8
        ? 'lone-surrogate'
        : text === text.normalize('NFC')
          ? undefined
          : 'not-nfc';
      assert.equal(unrepresentable(text), expected);
    }),
    { numRuns: 3000 },
  );
});
