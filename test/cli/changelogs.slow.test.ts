/** `update` and `refresh` through the real command line, in throw-away git repositories. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readNewestBlock } from '#formats/debian/changelog.js';
import { noParseChangelog } from '../formats/debian/oracles.js';
import { runCli } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';

const environment = {
  ...process.env,
  SOURCE_DATE_EPOCH: String(Date.parse('2026-08-30T06:07:08Z') / 1000),
  DEBFULLNAME: 'Bo Keeper',
  DEBEMAIL: 'bo@example.org',
};

function changelog(name: string, version: string): string {
  return `${name} (${version}) unstable; urgency=medium

  * Made.

 -- Ann <ann@example.org>  Sun, 16 Aug 2026 06:00:34 +0000
`;
}

function image(directory: string, name: string, version: string, dockerfile: string) {
  return {
    [`${directory}/changelog`]: changelog(name, version),
    [`${directory}/Dockerfile.template`]: dockerfile,
  };
}

const testRegistry = 'registry.example.org';
const fileKinds: Readonly<Record<string, string>> = {
  'generate-bake.toml': `[[tree]]
directory = "images"
config = "config.yaml"

[[tree]]
directory = "mesh"
config = "mesh.yaml"
`,
  'config.yaml': `registry: ${testRegistry}
base_images: ["${testRegistry}/bookworm:latest"]
distribution: unstable
`,
  'mesh.yaml': `registry: ${testRegistry}
namespace: mesh
base_images: ["${testRegistry}/trixie:latest"]
`,
  ...image('images/base', 'base', '1.0-20260823', 'FROM {{ "bookworm" | image_tag }}\n'),
  ...image('images/build', 'build', '2-1-s4', 'FROM {{ "base" | image_tag }}\n'),
  // Declared nowhere, and by another name than the tree's: an edge all the same.
  ...image('images/app', 'app', '3rc-1', 'FROM {{ registry }}/base:latest\nRUN true\n'),
  ...image('images/lone', 'lone', '4', 'FROM scratch\nCOPY changelog /\n'),
  ...image('mesh/build', 'build', '5', `FROM ${testRegistry}/trixie:latest\n`),
  ...image(
    'mesh/proxy',
    'proxy',
    '6-20260823-s1',
    'FROM {{ "build" | image_tag }} AS build\nFROM {{ "base" | image_tag }}\nCOPY --from=build /x /x\n',
  ),
};

function repository(t: TestContext, more: Readonly<Record<string, string>> = {}): string {
  return gitRepository(t, { ...fileKinds, ...more });
}

function versions(root: string): Record<string, string> {
  const files = gitIn(root, 'ls-files', '*changelog').trim().split('\n');
  return Object.fromEntries(
    files.map((file) => {
      const newest = readNewestBlock(file, readFileSync(join(root, file), 'utf8'));
      return [file.replace('/changelog', ''), newest.value?.version ?? ''];
    }),
  );
}

const textBefore: Readonly<Record<string, string>> = {
  'images/app': '3rc-1',
  'images/base': '1.0-20260823',
  'images/build': '2-1-s4',
  'images/lone': '4',
  'mesh/build': '5',
  'mesh/proxy': '6-20260823-s1',
};

async function succeed(root: string, ...args: string[]) {
  const result = await runCli(args, { cwd: root, env: environment });
  assert.equal(result.status, 0, result.stderr);
  return result;
}

async function refuse(root: string, status: number, ...args: string[]): Promise<string> {
  const result = await runCli(args, { cwd: root, env: environment });
  assert.equal(result.status, status, result.stderr);
  assert.equal(result.stdout, '');
  return result.stderr;
}

test('update: a block for the image and for all that is really built on it', {
  skip: noGit,
}, async (t) => {
  const root = repository(t);
  const result = await succeed(root, 'update', 'base', '--reason', 'CVE-2026-1');
  assert.equal(result.stdout, '');
  assert.deepEqual(versions(root), {
    ...textBefore,
    'images/base': '1.0-20260823-s1',
    'images/build': '2-1-s5',
    'images/app': '3rc-1-s1',
    'mesh/proxy': '6-20260823-s2',
  });
  const text = (file: string) => readFileSync(join(root, file), 'utf8');
  assert.equal(
    text('images/base/changelog'),
    `base (1.0-20260823-s1) unstable; urgency=high

   CVE-2026-1

 -- Bo Keeper <bo@example.org>  Sun, 30 Aug 2026 06:07:08 +0000

${fileKinds['images/base/changelog']}`,
  );
  // The other tree's distribution is docker-pkg's default.
  assert.equal(
    text('mesh/proxy/changelog'),
    `proxy (6-20260823-s2) wikimedia; urgency=high

   Refresh for update in parent image base:
   CVE-2026-1

 -- Bo Keeper <bo@example.org>  Sun, 30 Aug 2026 06:07:08 +0000

${fileKinds['mesh/proxy/changelog']}`,
  );
  assert.match(gitIn(root, 'status', '--porcelain'), /^( M \S+changelog\n){4}$/);
});

test('update: every new block is one for dpkg-parsechangelog', {
  skip: noGit || noParseChangelog,
}, async (t) => {
  const root = repository(t);
  await succeed(root, 'update', 'bookworm', '--also', 'mesh/build', '--also', 'lone');
  for (const [directory, version] of Object.entries(versions(root))) {
    const file = join(root, directory, 'changelog');
    const parsed = spawnSync('dpkg-parsechangelog', ['-l', file, '-S', 'Version']);
    assert.deepEqual(
      [String(parsed.stdout).trim(), String(parsed.stderr)],
      [version, ''],
      directory,
    );
    assert.notEqual(version, textBefore[directory]);
  }
});

test('update: names of two trees, a narrowed workspace, docker-pkg’s way without one', {
  skip: noGit,
}, async (t) => {
  const ambiguous = await refuse(repository(t), 2, 'update', 'build');
  assert.match(ambiguous, /"build" is ambiguous: 2 images have this name \[name-ambiguous\]/);
  assert.match(ambiguous, /hint: write one of "images\/build", "mesh\/build"/);

  const narrowed = repository(t);
  await succeed(narrowed, 'update', 'build', 'mesh', '-v', '7');
  assert.deepEqual(versions(narrowed), {
    ...textBefore,
    'mesh/build': '7',
    'mesh/proxy': '6-20260823-s2',
  });

  const alone = repository(t);
  await succeed(alone, '-c', 'config.yaml', 'update', 'base', '--version', '1.1', 'images');
  assert.deepEqual(versions(alone), {
    ...textBefore,
    'images/base': '1.1',
    'images/build': '2-1-s5',
    'images/app': '3rc-1-s1',
  });

  // A tree that is this directory has the name that list shows.
  const here = repository(t);
  const { stderr } = await succeed(here, '-c', 'config.yaml', 'update', 'lone');
  assert.match(stderr, new RegExp(`^${basename(here)}: lone 4 -> 4-s1$`, 'm'));
});

test('--dry-run prints a diff that git applies, and writes nothing', { skip: noGit }, async (t) => {
  const root = repository(t);
  const before = execFileSync('tar', ['-c', '--sort=name', '--exclude=.git', '.'], { cwd: root });
  const { stdout } = await succeed(root, 'update', 'base', '--dry-run');
  const after = execFileSync('tar', ['-c', '--sort=name', '--exclude=.git', '.'], { cwd: root });
  assert.ok(before.equals(after));
  spawnSync('git', ['apply', '-'], { cwd: root, input: stdout });
  const applied = gitIn(root, 'diff');
  assert.match(
    applied,
    /\+base \(1\.0-20260823-s1\) unstable; urgency=high\n\+\n\+ {3}Security update\n/,
  );
  gitIn(root, 'checkout', '--', '.');
  await succeed(root, 'update', 'base');
  assert.equal(gitIn(root, 'diff'), applied);
});

test('refresh: today in every version, once a day', { skip: noGit }, async (t) => {
  const root = repository(t);
  const out = await succeed(root, 'refresh', '--exclude', '*lone*');
  assert.match(out.stderr, /lone is skipped: --exclude/);
  const refreshed = {
    'images/app': '3rc-1-20260830',
    'images/base': '1.0-20260830',
    'images/build': '2-1-s4-20260830',
    'images/lone': '4',
    'mesh/build': '5-20260830',
    'mesh/proxy': '6-20260823-s1-20260830',
  };
  assert.deepEqual(versions(root), refreshed);
  assert.equal(
    readFileSync(join(root, 'images/base/changelog'), 'utf8'),
    `base (1.0-20260830) unstable; urgency=medium

  * Weekly rebuild.

 -- Bo Keeper <bo@example.org>  Sun, 30 Aug 2026 06:07:08 +0000

${fileKinds['images/base/changelog']}`,
  );
  const diff = gitIn(root, 'diff');
  await succeed(root, 'refresh', '--exclude', '*lone*');
  assert.equal(gitIn(root, 'diff'), diff);
});

test('refresh: an image that cannot be refreshed fails, the others are done', {
  skip: noGit,
}, async (t) => {
  const root = repository(t, {
    'images/lone/changelog': changelog('lone', '4-20991231'),
    'generate-bake.toml': `${fileKinds['generate-bake.toml']}refresh = false\n`,
  });
  const told = await refuse(root, 1, 'refresh');
  assert.match(told, /images\/lone\/changelog:1:7: error: .*dated after today/);
  assert.match(told, /proxy is skipped: tree "mesh" is not refreshed/);
  assert.deepEqual(versions(root), {
    'images/app': '3rc-1-20260830',
    'images/base': '1.0-20260830',
    'images/build': '2-1-s4-20260830',
    'images/lone': '4-20991231',
    'mesh/build': '5',
    'mesh/proxy': '6-20260823-s1',
  });
});

test('--commit: one commit of the changelogs alone', { skip: noGit }, async (t) => {
  const root = repository(t, { unrelated: 'a' });
  writeFileSync(join(root, 'unrelated'), 'b');
  await succeed(root, 'refresh', '--commit');
  assert.equal(gitIn(root, 'log', '-1', '--format=%s%P').trim().split('\n').length, 1);
  assert.equal(gitIn(root, 'rev-list', '--count', 'HEAD').trim(), '2');
  assert.equal(
    gitIn(root, 'show', '--name-only', '--format=', 'HEAD').trim(),
    Object.keys(textBefore)
      .map((directory) => `${directory}/changelog`)
      .join('\n'),
  );
  assert.equal(gitIn(root, 'status', '--porcelain').trim(), 'M unrelated');
  await succeed(root, 'refresh', '--commit');
  assert.equal(gitIn(root, 'rev-list', '--count', 'HEAD').trim(), '2', 'nothing to commit');
  await succeed(root, 'update', 'base', '--reason', 'one\ntwo', '--commit');
  assert.match(gitIn(root, 'log', '-1', '--format=%B'), /^Update base: .* 4 images\n\none\ntwo\n/);
});

test('--commit refuses where the commit would hold something else', { skip: noGit }, async (t) => {
  const refused = async (prepare: (root: string) => void, reason: RegExp) => {
    const root = repository(t);
    prepare(root);
    const before = gitIn(root, 'diff', 'HEAD');
    assert.match(await refuse(root, 2, 'update', 'base', '--commit'), reason);
    assert.equal(gitIn(root, 'diff', 'HEAD'), before, 'nothing was written');
    assert.equal(gitIn(root, 'rev-list', '--count', 'HEAD').trim(), '1');
  };
  const staged = refused((root) => {
    writeFileSync(join(root, 'config.yaml'), `${fileKinds['config.yaml']}# more\n`);
    gitIn(root, 'add', 'config.yaml');
  }, /other changes are staged: config\.yaml/);
  const changed = refused((root) => {
    writeFileSync(join(root, 'images/app/changelog'), changelog('app', '3rc-2'));
  }, /not committed: images\/app\/changelog/);
  const hooked = refused((root) => {
    const hook = join(root, '.git/hooks/pre-commit');
    mkdirSync(join(root, '.git/hooks'), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\necho not on Sundays >&2; exit 1\n', { mode: 0o755 });
  }, /git commit failed: not on Sundays/);
  await Promise.all([staged, changed, hooked]);
});

test('what an interrupted run left is told, and taken back on request', {
  skip: noGit || (existsSync('/proc/self/stat') ? false : 'there is no /proc'),
}, async (t) => {
  const root = repository(t);
  // The commit's hook kills the run: the changelogs are written, and the journal is still there.
  mkdirSync(join(root, '.git/hooks'), { recursive: true });
  writeFileSync(
    join(root, '.git/hooks/pre-commit'),
    `#!/bin/sh
kill -9 "$(awk '{ print $4 }' "/proc/$PPID/stat")"
exit 1
`,
    { mode: 0o755 },
  );
  const killed = await runCli(['update', 'base', '--commit'], { cwd: root, env: environment });
  assert.notEqual(killed.status, 0);
  assert.equal(versions(root)['images/base'], '1.0-20260823-s1');

  const told = await refuse(root, 2, 'refresh');
  assert.match(told, /interrupted after writing 4 of 4 changelogs \[changelogs-unfinished\]/);
  assert.match(told, /images\/base\/changelog: has the new block/);
  assert.match(told, /--recover/);
  await succeed(root, 'refresh', '--recover');
  assert.equal(versions(root)['images/base'], '1.0-20260830');
  assert.equal(existsSync(join(root, '.generate-bake/changelogs.json')), false);
});

test('where git finished the commit of a killed run, nothing is taken back', {
  skip: noGit || (existsSync('/proc/self/stat') ? false : 'there is no /proc'),
}, async (t) => {
  const root = repository(t);
  mkdirSync(join(root, '.git/hooks'), { recursive: true });
  writeFileSync(
    join(root, '.git/hooks/pre-commit'),
    `#!/bin/sh
kill -9 "$(awk '{ print $4 }' "/proc/$PPID/stat")"
`,
    { mode: 0o755 },
  );
  const head = () => gitIn(root, 'rev-parse', 'HEAD').toString().trim();
  const before = head();
  await runCli(['update', 'base', '--commit'], { cwd: root, env: environment });
  for (let tries = 0; head() === before; tries++) {
    assert.ok(tries < 100, 'git does not commit');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const kept = head();
  writeFileSync(join(root, '.git/hooks/pre-commit'), '#!/bin/sh\n', { mode: 0o755 });
  assert.ok(existsSync(join(root, '.generate-bake/changelogs.json')));
  await succeed(root, 'update', 'lone', '--recover');
  assert.equal(versions(root)['images/base'], '1.0-20260823-s1');
  assert.equal(gitIn(root, 'diff', '--name-only').toString().trim(), 'images/lone/changelog');
  assert.equal(head(), kept);
});

test('a journal that git tracks is refused', { skip: noGit }, async (t) => {
  const root = repository(t, { '.generate-bake/changelogs.json': '{"entries":[]}' });
  assert.notEqual(gitIn(root, 'ls-files', '.generate-bake'), '');
  assert.match(
    await refuse(root, 2, 'update', 'base', '--recover'),
    /which has a file that git tracks: \.generate-bake\/changelogs\.json/,
  );
});

test('without any author known, the configuration’s; a wrong SOURCE_DATE_EPOCH is an error', {
  skip: noGit,
}, async (t) => {
  const root = repository(t, {
    'config.yaml': `${fileKinds['config.yaml']}fallback_author: Fall Back\nfallback_email: f@b\n`,
  });
  const { DEBFULLNAME: _name, DEBEMAIL: _email, ...env } = environment;
  const git = await runCli(['update', 'lone'], { cwd: root, env });
  assert.equal(git.status, 0, git.stderr);
  const file = join(root, 'images/lone/changelog');
  assert.match(readFileSync(file, 'utf8'), / -- Test Er <test@example\.org> {2}Sun, 30 Aug/);
  gitIn(root, 'config', '--unset', 'user.name');
  const nobody = { ...env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  await runCli(['update', 'lone'], { cwd: root, env: nobody });
  assert.match(readFileSync(file, 'utf8'), /^lone \(4-s2\)[^<]* -- Fall Back <f@b> {2}Sun/);
  const wrong = await runCli(['update', 'lone'], {
    cwd: root,
    env: { ...environment, SOURCE_DATE_EPOCH: 'now' },
  });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /SOURCE_DATE_EPOCH is not a number of seconds: "now"/);
});
