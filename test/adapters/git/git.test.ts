import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  commitFiles,
  gitConfig,
  stagedFiles,
  uncommittedFiles,
  workTreeOf,
} from '#adapters/git/git.js';
import { gitIn, gitRepository, noGit } from '../../support/gitRepository.js';
import { temporaryDirectory } from '../../support/temporary.js';

test('the work tree, its configuration and what is staged are found', { skip: noGit }, (t) => {
  const root = gitRepository(t);
  mkdirSync(join(root, 'sub dir'));
  assert.deepEqual(workTreeOf(join(root, 'sub dir')), { kind: 'done', value: root });
  assert.equal(gitConfig(root, 'user.name'), 'Test Er');
  assert.equal(gitConfig(root, 'user.nothing'), undefined);
  assert.deepEqual(stagedFiles(root), { kind: 'done', value: [] });
  writeFileSync(join(root, 'sub dir/ä*'), '');
  gitIn(root, 'add', '.');
  assert.deepEqual(stagedFiles(root), { kind: 'done', value: ['sub dir/ä*'] });
});

test('outside a repository the reason is what git says', { skip: noGit }, (t) => {
  const found = workTreeOf(temporaryDirectory(t));
  assert.equal(found.kind, 'failed');
  assert.match(found.kind === 'failed' ? found.reason : '', /^not a git repository/);
});

test('a commit holds the files named, and no pathspec magic', { skip: noGit }, (t) => {
  const root = gitRepository(t, { 'a[b]': '1', ab: '1', c: '1' });
  for (const file of ['a[b]', 'ab', 'new']) {
    writeFileSync(join(root, file), '2');
  }
  const changed = uncommittedFiles(root, ['a[b]', 'c', 'new']);
  assert.deepEqual(changed, { kind: 'done', value: ['a[b]', 'new'] });
  const commit = commitFiles(root, ['a[b]'], 'Subject\n\nBody');
  assert.equal(commit.kind, 'done');
  assert.equal(gitIn(root, 'log', '-1', '--format=%B%H').trim().split('\n').length, 4);
  assert.equal(gitIn(root, 'show', '--name-only', '--format=', 'HEAD').trim(), 'a[b]');
  assert.equal(gitIn(root, 'status', '--porcelain').trim(), 'M ab\n?? new');
});

test('a commit that a hook refuses changes nothing', { skip: noGit }, (t) => {
  const root = gitRepository(t, { a: '1' });
  const hook = join(root, '.git/hooks/pre-commit');
  mkdirSync(join(root, '.git/hooks'), { recursive: true });
  writeFileSync(hook, '#!/bin/sh\necho not today >&2\nexit 1\n', { mode: 0o755 });
  writeFileSync(join(root, 'a'), '2');
  assert.deepEqual(commitFiles(root, ['a'], 'x'), { kind: 'failed', reason: 'not today' });
  assert.equal(gitIn(root, 'status', '--porcelain').trim(), 'M a');
  assert.deepEqual(stagedFiles(root), { kind: 'done', value: [] });
});
