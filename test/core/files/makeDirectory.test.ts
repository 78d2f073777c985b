import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { scratchTree } from '../../support/scratch.js';

const code = (path: string): unknown => {
  try {
    makeDirectory(path);
    return undefined;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause ? cause.code : cause;
  }
};

test('makes what is missing and says where it began', () => {
  const tree = scratchTree({ 'there/': '' });
  assert.equal(makeDirectory(tree.at('there/a/b/c')), tree.at('there/a'));
  assert.ok(statSync(tree.at('there/a/b/c')).isDirectory());
  assert.equal(makeDirectory(tree.at('there/a/b')), undefined);
});

test('says why it cannot, also below /proc', () => {
  const tree = scratchTree({ file: '', link: { symlink: 'nowhere' } });
  assert.equal(code(tree.at('file/a/b')), 'ENOTDIR');
  assert.equal(code(tree.at('link/a')), 'ENOENT');
  assert.equal(code('/proc/no-such/a'), 'ENOENT');
});
