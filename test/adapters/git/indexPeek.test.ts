import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { trackedIn } from '#adapters/git/git.js';
import { isSurelyUntracked, trackedPaths } from '#adapters/git/indexPeek.js';
import { gitIn, gitRepository, noGit } from '../../support/gitRepository.js';
import { temporaryDirectory } from '../../support/temporary.js';

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

/** What git itself lists. */
function listed(root: string): readonly string[] {
  const paths = gitIn(root, 'ls-files', '-z', '--cached').split('\0');
  return [...new Set(paths.filter((path) => path !== ''))].sort();
}

test('the paths of the index are those that git lists', skip, (t) => {
  const root = repository(t, false);
  const names = ['a', 'ä\u{1f600}', 'new\nline', '"quoted"', ' blank ', 'deep/er/file', '.hidden'];
  for (let length = 1; length <= 40; length++) {
    names.push('x'.repeat(length));
  }
  // Longer than what the flags can say.
  names.push(Array.from({ length: 30 }, () => 'l'.repeat(200)).join('/'));
  for (const each of names.slice(0, -1)) {
    mkdirSync(dirname(join(root, each)), { recursive: true });
    writeFileSync(join(root, each), '');
  }
  gitIn(root, 'add', '--all');
  const blob = gitIn(root, 'hash-object', '-w', 'a').trim();
  gitIn(root, 'update-index', '--add', '--cacheinfo', `100644,${blob},${names.at(-1)}`);
  // Of version 3, with longer entries.
  writeFileSync(join(root, 'intended'), '');
  gitIn(root, 'add', '--intent-to-add', 'intended');
  assert.equal(readFileSync(join(root, '.git/index')).readUInt32BE(4), 3);
  assert.ok(listed(root).length > names.length);
  assert.deepEqual([...(trackedPaths(root) ?? [])].sort(), listed(root));
});

test('a conflict has its path in the index several times', skip, (t) => {
  const root = repository(t, false);
  const blob = gitIn(root, 'hash-object', '-w', '.generate-aaa/x').trim();
  const stages = [1, 2, 3].map((stage) => `100644 ${blob} ${stage}\tconflict\n`).join('');
  execFileSync('git', ['-C', root, 'update-index', '--index-info'], { input: stages });
  assert.deepEqual([...(trackedPaths(root) ?? [])].sort(), listed(root));
  assert.ok(listed(root).includes('conflict'));
});

for (const settings of kinds.slice(2)) {
  test(`of an index that is not understood no path is told: ${settings.join()}`, skip, (t) => {
    assert.equal(trackedPaths(repository(t, true, ...settings)), undefined);
  });
}

test('nor of one with SHA-256, nor of a damaged one', skip, (t) => {
  const other = temporaryDirectory(t);
  gitIn(other, 'init', '--quiet', '--object-format=sha256');
  for (const each of ['a', 'bb', 'ccc']) {
    writeFileSync(join(other, each), each);
  }
  gitIn(other, 'add', '--all');
  assert.equal(trackedPaths(other), undefined);
  const root = repository(t, false);
  const file = join(root, '.git/index');
  const index = readFileSync(file);
  for (const end of [0, 4, 11, 12, 40, 74, 80, 130]) {
    writeFileSync(file, index.subarray(0, end));
    assert.equal(trackedPaths(root), undefined, `cut at ${end}`);
  }
});
