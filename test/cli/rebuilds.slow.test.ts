/** `update` and `refresh` of images without a changelog, in throw-away git repositories. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';

const env = {
  ...process.env,
  SOURCE_DATE_EPOCH: String(Date.parse('2026-08-30T06:07:08Z') / 1000),
  DEBFULLNAME: 'Bo Keeper',
  DEBEMAIL: 'bo@example.org',
};

const changelog = `deb (1) unstable; urgency=medium

  * Made.

 -- Ann <ann@example.org>  Sun, 16 Aug 2026 06:00:34 +0000
`;

/** app on lib, both with versions from a git tag; deb on lib with a changelog; alone made of itself. */
const files: Readonly<Record<string, string>> = {
  'config.yaml': 'registry: r.example\nnamespace: co\ndockerfile_version: git:v*\n',
  'lib/Dockerfile': 'FROM debian:13\nCOPY a /\n',
  'lib/a': 'a',
  'app/Dockerfile': 'FROM r.example/co/lib\n',
  'alone/Dockerfile': 'FROM scratch\nCOPY a /\n',
  'alone/image.toml': 'version = "content"\n',
  'alone/a': 'a',
  'deb/Dockerfile.template': 'FROM {{ "lib" | image_tag }}\n',
  'deb/control': 'Package: deb\nBuild-Depends: lib\n',
  'deb/changelog': changelog,
};

function repository(t: Parameters<typeof gitRepository>[0]): string {
  const root = gitRepository(t, files);
  gitIn(root, 'tag', 'v1');
  return root;
}

function lockOf(root: string): string {
  const text = readFileSync(join(root, 'generate-bake.lock'), 'utf8');
  return text.slice(text.indexOf('[rebuilds]'));
}

async function run(root: string, status: number, ...args: string[]) {
  const result = await runCli(args, { cwd: root, env });
  assert.equal(result.status, status, result.stderr);
  return result;
}

async function versionOf(root: string, name: string): Promise<string> {
  const { stdout } = await run(root, 0, 'list', '--json');
  const { images } = JSON.parse(stdout) as { images: { name: string; version: string }[] };
  return images.find((image) => image.name === name)?.version ?? '';
}

test('update counts a rebuild of the image and of what is built on it, once for each commit', {
  skip: noGit,
}, async (t) => {
  const root = repository(t);
  const told = await run(root, 0, 'update', 'lib');
  assert.match(told.stderr, /^generate-bake-test-\w+: lib v1 -> v1-r1$/m);
  assert.match(told.stderr, /wrote 1 changelog and generate-bake\.lock/);
  assert.equal(lockOf(root), '[rebuilds]\n"co/app" = 1\n"co/lib" = 1\n');
  assert.match(readFileSync(join(root, 'generate-bake.lock'), 'utf8'), /^# .*\n# .*\n\[rebuilds\]/);
  assert.match(readFileSync(join(root, 'deb/changelog'), 'utf8'), /^deb \(1-s1\)/);

  // Not committed: the children are pending, and the named one is taken.
  assert.match((await run(root, 0, 'update', 'lib')).stderr, /app v1-r1-dirty is pending/);
  assert.equal(lockOf(root), '[rebuilds]\n"co/app" = 1\n"co/lib" = 2\n');
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '-m', 'update');
  gitIn(root, 'tag', 'v2');
  await run(root, 0, 'update', 'debian:13');
  assert.equal(lockOf(root), '[rebuilds]\n"co/app" = 2\n"co/lib" = 3\n');
  assert.equal(await versionOf(root, 'lib'), 'v2-r3-dirty');

  const wrong = await run(root, 2, 'update', 'lib', '--version', '7');
  assert.match(wrong.stderr, /--version "7" cannot be set: .*\[update-version\]/);
});

test('a content version changes with the rebuild, and so does nothing else', {
  skip: noGit,
}, async (t) => {
  const root = repository(t);
  const before = await versionOf(root, 'alone');
  assert.match((await run(root, 0, 'update', 'alone')).stderr, /alone [0-9a-f]{12} -> rebuild 1/);
  const after = await versionOf(root, 'alone');
  assert.match(after, /^[0-9a-f]{12}$/);
  assert.notEqual(after, before);
  assert.equal(await versionOf(root, 'deb'), '1');
});

test('refresh counts once a day, by the time of the commit', { skip: noGit }, async (t) => {
  const root = repository(t);
  const commitAt = (date: string) => {
    gitIn(root, 'add', '--all');
    const environment = { ...process.env, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date };
    const done = spawnSync('git', ['-C', root, 'commit', '-qm', 'x'], { env: environment });
    assert.equal(done.status, 0, String(done.stderr));
  };
  await run(root, 0, 'refresh');
  assert.equal(lockOf(root), '[rebuilds]\n"co/alone" = 1\n"co/app" = 1\n"co/lib" = 1\n');
  await run(root, 0, 'refresh');
  assert.equal(lockOf(root), '[rebuilds]\n"co/alone" = 1\n"co/app" = 1\n"co/lib" = 1\n');
  commitAt('2026-08-30T05:00:00Z');
  const same = await run(root, 0, 'refresh');
  assert.match(same.stderr, /4 have today's date already/);
  assert.equal(gitIn(root, 'status', '--porcelain'), '');
  gitIn(root, 'commit', '--quiet', '--amend', '--no-edit', '--date=2026-08-23T05:00:00Z');
  // The day of a week before.
  spawnSync('git', ['-C', root, 'commit', '-q', '--amend', '--no-edit'], {
    env: { ...process.env, GIT_COMMITTER_DATE: '2026-08-23T05:00:00Z' },
  });
  await run(root, 0, 'refresh', '--exclude', '*app*');
  assert.equal(lockOf(root), '[rebuilds]\n"co/alone" = 2\n"co/app" = 1\n"co/lib" = 2\n');
});

test('--dry-run shows the new file as git applies it; --commit commits it, or leaves no trace', {
  skip: noGit,
}, async (t) => {
  const root = repository(t);
  const { stdout } = await run(root, 0, 'update', 'lib', '--dry-run');
  assert.equal(existsSync(join(root, 'generate-bake.lock')), false);
  const applied = spawnSync('git', ['apply', '-'], { cwd: root, input: stdout });
  assert.equal(String(applied.stderr), '');
  assert.equal(lockOf(root), '[rebuilds]\n"co/app" = 1\n"co/lib" = 1\n');
  gitIn(root, 'clean', '-fdq');
  gitIn(root, 'checkout', '--quiet', '--', '.');

  mkdirSync(join(root, '.git/hooks'), { recursive: true });
  const hook = join(root, '.git/hooks/pre-commit');
  writeFileSync(hook, '#!/bin/sh\necho no >&2; exit 1\n', { mode: 0o755 });
  assert.match((await run(root, 2, 'update', 'lib', '--commit')).stderr, /git commit failed: no/);
  assert.equal(gitIn(root, 'status', '--porcelain'), '');
  writeFileSync(hook, '#!/bin/sh\n', { mode: 0o755 });
  const done = await run(root, 0, 'update', 'lib', '--commit');
  assert.match(done.stderr, /committed 1 changelog and generate-bake\.lock/);
  assert.equal(
    gitIn(root, 'show', '--name-only', '--format=%s', 'HEAD'),
    'Update lib: new versions of 3 images\n\ndeb/changelog\ngenerate-bake.lock\n',
  );
  assert.equal(gitIn(root, 'status', '--porcelain'), '');
  await run(root, 0, 'update', 'alone', '--commit');
  assert.equal(lockOf(root), '[rebuilds]\n"co/alone" = 1\n"co/app" = 1\n"co/lib" = 1\n');
});

test('a number ends where the file ends it, and what git never had is not to be restored', {
  skip: noGit,
}, async (t) => {
  const root = repository(t);
  const full = '[rebuilds]\n"co/app" = 999999\n';
  writeFileSync(join(root, 'generate-bake.lock'), full);
  const untracked = await run(root, 2, 'update', 'alone', '--commit');
  assert.match(
    untracked.stderr,
    /not committed: generate-bake\.lock \[commit-refused\]\n {2}hint: commit them first\n/,
  );
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '-m', 'full');
  // The weekly rebuild does all others.
  for (const args of [['update', 'app'], ['update', 'lib'], ['refresh']]) {
    const told = await run(root, args[0] === 'refresh' ? 1 : 2, ...args);
    assert.match(
      told.stderr,
      /generate-bake\.lock:2:1: error: app cannot be rebuilt once more: .* 999999 \[update-version\]/,
    );
    assert.match(told.stderr, /hint: give it a version that it never had, and remove this line/);
  }
  assert.match(lockOf(root), /"co\/app" = 999999\n/);
  await run(root, 0, 'list');
  gitIn(root, 'checkout', '--quiet', '--', '.');
  writeFileSync(join(root, 'generate-bake.lock'), '[rebuilds]\n"co/app" = 7\n');
  const changed = await run(root, 2, 'update', 'app', '--commit');
  assert.match(changed.stderr, /hint: commit them first, or take them back with `git restore`/);
});

test('what a killed run left of the file is taken back: a new one goes, an old one is as it was', {
  skip: noGit || (existsSync('/proc/self/stat') ? false : 'there is no /proc'),
}, async (t) => {
  const root = repository(t);
  mkdirSync(join(root, '.git/hooks'), { recursive: true });
  const hook = join(root, '.git/hooks/pre-commit');
  const killer = '#!/bin/sh\nkill -9 "$(awk \'{ print $4 }\' "/proc/$PPID/stat")"\nexit 1\n';
  writeFileSync(hook, killer, { mode: 0o755 });
  const killed = async () => {
    await runCli(['update', 'lib', '--commit'], { cwd: root, env });
    assert.match(lockOf(root), /"co\/lib" = /);
  };
  await killed();
  const told = await run(root, 2, 'update', 'lib');
  assert.match(told.stderr, /generate-bake\.lock: has the new block/);
  await run(root, 0, 'update', 'alone', '--recover');
  assert.equal(lockOf(root), '[rebuilds]\n"co/alone" = 1\n');
  writeFileSync(hook, '#!/bin/sh\n', { mode: 0o755 });
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '-m', 'alone');

  writeFileSync(hook, killer, { mode: 0o755 });
  await killed();
  assert.equal(lockOf(root), '[rebuilds]\n"co/alone" = 1\n"co/app" = 1\n"co/lib" = 1\n');
  await run(root, 0, 'refresh', '--exclude', '*', '--recover');
  assert.equal(lockOf(root), '[rebuilds]\n"co/alone" = 1\n');
});

test('two branches that rebuild other images merge; half a merge stops every command', {
  skip: noGit,
}, async (t) => {
  const root = repository(t);
  await run(root, 0, 'refresh', '--commit');
  gitIn(root, 'checkout', '--quiet', '-b', 'one');
  // Of its own words: the same commit in the same second would be one commit of both branches.
  await run(root, 0, 'update', 'alone', '--commit', '--reason', 'on one');
  gitIn(root, 'checkout', '--quiet', 'main');
  await run(root, 0, 'update', 'alone', '--commit');
  await run(root, 0, 'update', 'alone', '--commit');
  const merge = spawnSync('git', ['merge', '--quiet', 'one'], { cwd: root });
  assert.equal(merge.status, 1);
  const told = await run(root, 2, 'update', 'lib');
  assert.match(
    told.stderr,
    /generate-bake\.lock:4:1: error: .*conflict markers.*\[rebuilds-conflict\]/,
  );
  assert.match(told.stderr, /hint: remove the marker lines, .* larger number/);
});
