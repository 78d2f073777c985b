import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { revisionOf } from '#adapters/git/revision.js';
import { gitIn, gitRepository, noGit } from '../../support/gitRepository.js';
import { scratchTree } from '../../support/scratch.js';

test('the commit of a work tree, and whether it has edits', { skip: noGit }, (t) => {
  const root = gitRepository(t, { 'images/a': 'a\n' });
  const commit = gitIn(root, 'rev-parse', 'HEAD').trim();
  assert.deepEqual(revisionOf(root), { commit, uncommitted: false });
  writeFileSync(join(root, 'images/new'), 'new\n');
  assert.deepEqual(revisionOf(join(root, 'images')), { commit, uncommitted: true });
  assert.equal(revisionOf(scratchTree().path), undefined);
});
