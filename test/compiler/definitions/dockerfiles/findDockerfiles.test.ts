import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { findDockerfiles } from '#compiler/definitions/dockerfiles/findDockerfiles.js';
import { conventional } from '#compiler/workspace/dockerfileTree.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain, lines } from '../../../support/explain.js';
import { scratchTree } from '../../../support/scratch.js';

function treeAt(cwd: string) {
  const [tree] = openWorkspace({ cwd, directories: [], env: {}, home: '/none' }).value.trees;
  assert.ok(tree !== undefined);
  return tree;
}

test('more directories than any repository has are an error', () => {
  const scratch = scratchTree({ 'sample/': '' });
  for (let at = 0; at < 60; at++) {
    mkdirSync(scratch.at('sample', `d${at}`));
  }
  const entries = readdirSync(scratch.at('sample'), { withFileTypes: true });
  const tree = treeAt(scratch.path);
  // 60 directories in each, three deep: 219,661 in all.
  const found = findDockerfiles(tree, conventional(tree.directory, '.'), (directory) =>
    directory.slice(tree.directory.length).split('/').length <= 3 ? entries : [],
  );
  assert.equal(
    explain(found.diagnostics),
    lines(`
      .: error: more than 200000 directories are to be searched [tree-large]
        hint: run this in the directory of the Dockerfiles, or exclude some in generate-bake.toml
    `),
  );
});

test('a directory that cannot be listed is left out, and told of', () => {
  const scratch = scratchTree({ 'a/Dockerfile': 'FROM scratch\n', 'b/Dockerfile': '' });
  const tree = treeAt(scratch.path);
  const found = findDockerfiles(tree, conventional(tree.directory, '.'), (directory) => {
    if (directory.endsWith('/b')) {
      throw Object.assign(new Error(), { code: 'EACCES' });
    }
    return readdirSync(directory, { withFileTypes: true });
  });
  assert.deepEqual(
    found.value.map(({ path }) => path),
    ['a'],
  );
  assert.equal(
    explain(found.diagnostics),
    lines(`
      b: warning: not searched: the directory cannot be accessed: permission denied [directory-unreadable]
        hint: make it readable, or exclude it in generate-bake.toml
    `),
  );
});
