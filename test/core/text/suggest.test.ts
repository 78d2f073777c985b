import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edits } from '#core/text/edits.js';
import { didYouMean, suggest } from '#core/text/suggest.js';

test('a swap of two letters is one edit, as is one that is added, left out or replaced', () => {
  for (const [a, b, count] of [
    ['base', 'base', 0],
    ['bsae', 'base', 1],
    ['abse', 'base', 1],
    ['baes', 'base', 1],
    ['bas', 'base', 1],
    ['baase', 'base', 1],
    ['bose', 'base', 1],
    ['bsaex', 'base', 2],
    ['xase', 'bsae', 2],
    ['ab', 'ba', 1],
    ['', 'ba', 2],
    ['aa', 'bb', 2],
  ] as const) {
    assert.equal(edits(a, b), count, `${a} ${b}`);
  }
});

test('what is near, nearest first, and only that', () => {
  assert.deepEqual(suggest('bsae', ['case', 'base', 'golang', 'bsa']), ['base', 'bsa', 'case']);
  assert.deepEqual(suggest('ns/bsae', ['ns/base', 'ns/case'], 1, 1), ['ns/base']);
  assert.equal(didYouMean('DOKCER', ['docker', 'podman']), 'did you mean "docker"?');
  assert.equal(didYouMean('zebra', ['docker']), undefined);
});
