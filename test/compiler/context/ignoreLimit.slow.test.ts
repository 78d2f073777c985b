import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listContext } from '#compiler/context/listing.js';
import { boundedBy } from '../../support/boundary.js';
import { scratchTree } from '../../support/scratch.js';

test('ignore rules that take too long on the files of a context are one error, at the rules', () => {
  const rules = Array.from({ length: 2000 }, (_, at) => `*${'a*'.repeat(20 + (at % 9))}b?`).join(
    '\n',
  );
  const files: Record<string, string> = { 'c/.dockerignore': rules };
  for (let file = 0; file < 100; file++) {
    files[`c/${'a'.repeat(200)}${file}b`] = '';
  }
  const tree = scratchTree(files);
  const { diagnostics } = listContext(tree.at('c'), 'shown/c', { boundary: boundedBy(tree.path) });
  assert.deepEqual(
    diagnostics.map(({ code, place }) => [code, place?.file]),
    [['dockerignore-pattern', 'shown/c/.dockerignore']],
  );
});
