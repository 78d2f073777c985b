import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { trackedIn } from '#adapters/git/git.js';
import { isSurelyUntracked } from '#adapters/git/indexPeek.js';
import { gitIn, gitRepository, noGit } from '../../support/gitRepository.js';

const name = '.generate-bake';
const skip = { skip: noGit };

/** A repository that tracks a file of ours, or none, in an index of a kind. */
function repository(t: TestContext, isPlanted: boolean, ...settings: readonly string[]): string {
  const root = gitRepository(t, {
    '.generate-aaa/x': '1',
    'images/a/Dockerfile': 'FROM scratch\n',
  });
  for (const setting of settings) {
    gitIn(root, ...setting.split(' '));
  }
  if (isPlanted) {
    mkdirSync(join(root, name, 'logs'), { recursive: true });
    writeFileSync(join(root, name, 'logs/x'), '');
    gitIn(
      root,
      'add',
      '--force',
      ...(settings.some((each) => each.includes('sparse')) ? ['--sparse'] : []),
      name,
    );
  }
  return root;
}

const kinds: readonly (readonly string[])[] = [
  [],
  ['config index.version 3'],
  ['update-index --index-version 4'],
  ['update-index --split-index'],
  ['sparse-checkout init --cone --sparse-index'],
];

for (const settings of kinds) {
  test(`what git tracks is never surely untracked: ${settings.join() || 'as usual'}`, skip, (t) => {
    const root = repository(t, true, ...settings);
    assert.equal(isSurelyUntracked(root, name), false);
    assert.deepEqual(trackedIn(root, name), { kind: 'file', file: `${name}/logs/x` });
  });
}

test('an index that has nothing of that name is enough; without one git is asked', skip, (t) => {
  const root = repository(t, false);
  assert.equal(isSurelyUntracked(root, name), true);
  assert.deepEqual(trackedIn(root, name), { kind: 'nothing' });
  rmSync(join(root, '.git/index'));
  assert.equal(isSurelyUntracked(root, name), false);
  assert.deepEqual(trackedIn(root, name), { kind: 'nothing' });
  writeFileSync(join(root, '.git/index'), 'DIRC');
  assert.equal(isSurelyUntracked(root, name), false);
});

test('a worktree has its index elsewhere: git is asked', skip, (t) => {
  const root = repository(t, false);
  const other = join(root, 'other');
  gitIn(root, 'worktree', 'add', '--quiet', other);
  assert.equal(isSurelyUntracked(other, name), false);
});
