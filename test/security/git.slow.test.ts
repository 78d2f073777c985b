import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { temporaryDirectory } from '../support/temporary.js';

const skip = { skip: noGit };

const files = {
  'config.yaml': 'registry: ""\nfallback_author: A\nfallback_email: a@example.org\n',
  'images/app/image.toml': 'version = "git:v*"\n',
  'images/app/Dockerfile': 'FROM scratch\nCOPY x /\n',
  'images/app/x': '',
  'images/base/Dockerfile.template': 'FROM scratch\n',
  'images/base/changelog':
    'base (1.0) wikimedia; urgency=low\n\n  * A.\n\n -- A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000\n',
};

/** A program that leaves a file where the test looks; it must never run. */
function bait(t: TestContext): { readonly ran: string; readonly program: string } {
  const directory = temporaryDirectory(t);
  const ran = join(directory, 'ran');
  const program = join(directory, 'program');
  writeFileSync(program, `#!/bin/sh\ntouch '${ran}'\ncat\n`);
  chmodSync(program, 0o755);
  return { ran, program };
}

/** Commits, below `at`, a folder that looks like a bare repository and names a program. */
function plantBareRepository(t: TestContext, root: string, at: string, program: string): void {
  const inner = gitRepository(t, { file: 'x' });
  gitIn(inner, 'tag', 'v6.6');
  gitIn(inner, 'pack-refs', '--all');
  const target = join(root, at);
  for (const name of ['objects', 'refs', 'HEAD', 'packed-refs', 'index']) {
    cpSync(join(inner, '.git', name), join(target, name), { recursive: true });
  }
  writeFileSync(join(target, 'refs/.keep'), '');
  writeFileSync(
    join(target, 'config'),
    `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = ${program}\n`,
  );
  gitIn(root, 'add', '--all', '--force');
  gitIn(root, 'commit', '--quiet', '-m', 'planted');
}

function clone(t: TestContext, root: string): string {
  const fresh = join(realpathSync(temporaryDirectory(t)), 'fresh');
  gitIn(root, 'clone', '--quiet', '.', fresh);
  gitIn(fresh, 'config', 'user.name', 'A');
  gitIn(fresh, 'config', 'user.email', 'a@example.org');
  return fresh;
}

const commands = [
  ['list', 'images'],
  ['plan', 'images'],
  ['check', 'images'],
  ['render', '-o', 'out', 'images'],
  ['update', '--commit', '--reason', 'because', 'base', 'images'],
  ['refresh', '--commit', 'images'],
];

for (const words of commands) {
  test(
    `${words[0]} runs nothing of a committed folder that looks like a repository`,
    skip,
    async (t) => {
      const { ran, program } = bait(t);
      const root = gitRepository(t, files);
      plantBareRepository(t, root, 'images', program);
      const cwd = clone(t, root);
      const finished = await runCli(words, { cwd });
      assert.equal(existsSync(ran), false, finished.stderr);
      if (words[0] === 'list') {
        assert.match(finished.stderr, /git cannot tell the version: .*bare repository/s);
        assert.doesNotMatch(finished.stdout, /v6\.6/);
      }
    },
  );
}

test(
  'render --diff in a committed folder that looks like a repository runs nothing',
  skip,
  async (t) => {
    const { ran, program } = bait(t);
    const root = gitRepository(t, files);
    plantBareRepository(t, root, 'sub', program);
    cpSync(join(root, 'images'), join(root, 'sub/images'), { recursive: true });
    cpSync(join(root, 'config.yaml'), join(root, 'sub/config.yaml'));
    gitIn(root, 'add', '--all', '--force');
    gitIn(root, 'commit', '--quiet', '-m', 'sub');
    const cwd = join(clone(t, root), 'sub');
    const finished = await runCli(['render', '--diff', 'v6.6', 'images'], { cwd });
    assert.equal(existsSync(ran), false);
    assert.notEqual(finished.status, 0);
  },
);

test('a tree does not choose among the filters of the user', skip, async (t) => {
  const { ran, program } = bait(t);
  const root = gitRepository(t, { ...files, '.gitattributes': '* filter=own diff=own\n' });
  gitIn(root, 'tag', 'v1.0');
  for (const key of [
    'filter.own.clean',
    'filter.own.smudge',
    'diff.own.textconv',
    'diff.external',
  ]) {
    gitIn(root, 'config', key, program);
  }
  gitIn(root, 'config', 'filter.own.required', 'true');
  // Same size, another time: git has to read it to know whether it changed.
  writeFileSync(join(root, 'images/app/image.toml'), 'version = "git:v*"\n');
  rmSync(ran, { force: true });
  const listed = await runCli(['list', 'images'], { cwd: root });
  assert.equal(existsSync(ran), false);
  assert.match(listed.stdout, /app +v1\.0 /m, listed.stderr);
  gitIn(root, 'rm', '--quiet', '-r', '--force', 'images/app');
  gitIn(root, '-c', 'filter.own.required=false', 'commit', '--quiet', '--no-verify', '-m', 'less');
  rmSync(ran, { force: true });
  const compared = await runCli(['render', '--diff', 'HEAD', 'images'], { cwd: root });
  assert.equal(existsSync(ran), false);
  assert.equal(compared.status, 0, compared.stderr);
});

test('GIT_DIR, GIT_WORK_TREE and the like lead to no other repository', skip, async (t) => {
  const root = gitRepository(t, files);
  gitIn(root, 'tag', 'v1.0');
  const other = gitRepository(t, { a: '' });
  gitIn(other, 'tag', 'v9.9');
  const env = { ...process.env, GIT_DIR: join(other, '.git'), GIT_WORK_TREE: other };
  const { stdout } = await runCli(['list', 'images'], { cwd: root, env });
  assert.match(stdout, /app +v1\.0 /m);
});

test('a configuration whose work tree is elsewhere is refused', skip, async (t) => {
  const root = gitRepository(t, files);
  gitIn(root, 'tag', 'v1.0');
  gitIn(root, 'config', 'core.worktree', realpathSync(temporaryDirectory(t)));
  const { stderr } = await runCli(['list', 'images'], { cwd: root });
  assert.match(stderr, /git cannot tell the version/);
});

test("update --commit runs the user's own hooks, as git commit does", skip, async (t) => {
  const { ran, program } = bait(t);
  const root = gitRepository(t, files);
  mkdirSync(join(root, '.git/hooks'), { recursive: true });
  cpSync(program, join(root, '.git/hooks/pre-commit'));
  gitIn(root, 'tag', 'v1.0');
  const words = ['update', '--commit', '--reason', 'because', 'base', 'images'];
  const finished = await runCli(words, { cwd: root });
  assert.equal(finished.status, 0, finished.stderr);
  assert.equal(existsSync(ran), true);
});

test('list --since runs nothing that the configuration of the checkout names', skip, async (t) => {
  const { ran, program } = bait(t);
  const root = gitRepository(t, {
    ...files,
    'images/app/image.toml': 'version = "1.0"\n',
    '.gitattributes': '* filter=evil diff=evil merge=evil\n',
  });
  writeFileSync(join(root, 'images/app/x'), 'other');
  gitIn(root, 'commit', '--quiet', '-a', '-m', 'second');
  gitIn(root, 'update-ref', 'refs/remotes/origin/main', 'HEAD~1');
  gitIn(root, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
  const hooks = join(root, '.git/evil');
  mkdirSync(hooks);
  for (const name of ['post-index-change', 'post-checkout', 'reference-transaction']) {
    cpSync(program, join(hooks, name));
    cpSync(program, join(root, '.git/hooks', name));
  }
  for (const [name, value] of [
    ['core.fsmonitor', program],
    ['core.hooksPath', hooks],
    ['core.pager', program],
    ['core.editor', program],
    ['core.askPass', program],
    ['core.sshCommand', program],
    ['core.gitProxy', program],
    ['core.alternateRefsCommand', program],
    ['credential.helper', `!${program}`],
    ['gpg.program', program],
    ['log.showSignature', 'true'],
    ['diff.external', program],
    ['diff.evil.command', program],
    ['diff.evil.textconv', program],
    ['merge.evil.driver', program],
    ['filter.evil.clean', program],
    ['filter.evil.smudge', program],
    ['filter.evil.process', program],
    ['filter.evil.required', 'true'],
    ['alias.merge-base', `!${program}`],
    ['protocol.ext.allow', 'always'],
    ['protocol.file.allow', 'always'],
    ['remote.origin.url', `ext::${program} %S`],
    ['remote.origin.uploadpack', program],
    ['remote.origin.promisor', 'true'],
    ['extensions.partialClone', 'origin'],
    ['core.repositoryFormatVersion', '1'],
  ] as const) {
    gitIn(root, 'config', name, value);
  }
  const env = { GITHUB_BASE_REF: '', CI_MERGE_REQUEST_DIFF_BASE_SHA: '', CI_DEFAULT_BRANCH: '' };
  const before = gitIn(root, 'rev-parse', 'origin/main').trim();
  rmSync(ran, { force: true });
  const done = await runCli(['list', 'images', '--since'], { cwd: root, env });
  assert.equal(existsSync(ran), false);
  assert.match(done.stderr, /^since merge base with origin\/main \([0-9a-f]{12}\): 1 changed$/m);

  // What is not here could be fetched in a way that the configuration says.
  for (const url of [`ext::${program} %S`, root]) {
    gitIn(root, 'config', 'remote.origin.url', url);
    const blob = gitIn(root, 'rev-parse', `${before}:images/app/x`).trim();
    rmSync(join(root, '.git/objects', blob.slice(0, 2), blob.slice(2)), { force: true });
    rmSync(ran, { force: true });
    const lacking = await runCli(['list', 'images', '--since', before], { cwd: root, env });
    assert.equal(existsSync(ran), false, url);
    assert.equal(lacking.status, 2);
    assert.match(
      lacking.stderr,
      /^error: --since: the files of [0-9a-f]{40} \([0-9a-f]{12}\) cannot be read: .*\n +hint: git fetch --no-filter --refetch origin/,
    );
  }
});
