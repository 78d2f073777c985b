/** What `update` and `refresh` leave out: edits that nobody released, versions that nobody committed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readNewestBlock } from '#formats/debian/changelog.js';
import { runCli } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { scratchTree } from '../support/scratch.js';
import { temporaryDirectory } from '../support/temporary.js';

const env = {
  ...process.env,
  SOURCE_DATE_EPOCH: String(Date.parse('2026-08-30T06:07:08Z') / 1000),
  DEBFULLNAME: 'Bo Keeper',
  DEBEMAIL: 'bo@example.org',
};

type Files = Readonly<Record<string, string>>;

function block(name: string, version: string): string {
  return `${name} (${version}) unstable; urgency=medium

  * Made.

 -- Ann <ann@example.org>  Sun, 16 Aug 2026 06:00:34 +0000
`;
}

function image(name: string, dockerfile: string, more: Files = {}): Files {
  const own = Object.entries(more).map(([file, text]) => [`images/${name}/${file}`, text]);
  return {
    [`images/${name}/changelog`]: block(name, '1'),
    [`images/${name}/Dockerfile.template`]: dockerfile,
    ...Object.fromEntries(own),
  };
}

/** leaf on mid on base; other on base. */
const family: Files = {
  'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
  'config.yaml': 'registry: r.example\n',
  ...image('base', 'FROM scratch\nCOPY changelog /\n'),
  ...image('mid', 'FROM {{ "base" | image_tag }}\nRUN a\n', { 'b.conf': '1\n' }),
  ...image('leaf', 'FROM {{ "mid" | image_tag }}\nRUN b\n'),
  ...image('other', 'FROM {{ "base" | image_tag }}\nRUN c\n'),
};

function put(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** Commits all of these, and gives the commit as messages show it. */
function commit(root: string, files: Files): string {
  put(root, files);
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '-m', 'x');
  return gitIn(root, 'rev-parse', 'HEAD').slice(0, 12);
}

function versions(root: string): string {
  return ['base', 'leaf', 'mid', 'other']
    .map((name) => {
      const text = readFileSync(join(root, 'images', name, 'changelog'), 'utf8');
      return `${name} ${readNewestBlock(name, text).value?.version}`;
    })
    .join(', ');
}

async function run(root: string, status: number, ...args: string[]): Promise<string> {
  const result = await runCli(args, { cwd: root, env });
  assert.equal(result.status, status, result.stderr);
  return result.stderr;
}

test('a descendant with an unreleased edit is left out, and what is on it is not', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, family);
  const id = commit(root, {
    'images/mid/Dockerfile.template': 'FROM {{ "base" | image_tag }}\nRUN new\n',
    'images/mid/b.conf': '2\n',
    'images/mid/deeper/c.conf': 'c\n',
    'images/mid/deeper/and/d.conf': 'd\n',
  });
  const told = await run(root, 1, 'update', 'base', '--reason', 'CVE');
  assert.equal(versions(root), 'base 1-s1, leaf 1-s1, mid 1, other 1-s1');
  // The shortest paths first, three of four.
  assert.ok(
    told.includes(
      `images/mid/changelog:1:1: warning: mid is left out: it changed after 1: images/mid/b.conf, images/mid/deeper/c.conf, images/mid/deeper/and/d.conf and 1 more (in ${id})`,
    ),
    told,
  );
  assert.match(told, /\[unreleased-change\]/);
  assert.match(told, /generate-bake update mid; or take it with --with-unreleased/);

  gitIn(root, 'checkout', '--quiet', '--', '.');
  assert.doesNotMatch(await run(root, 0, 'update', 'base', '--with-unreleased'), /left out/);
  assert.equal(versions(root), 'base 1-s1, leaf 1-s1, mid 1-s1, other 1-s1');

  gitIn(root, 'checkout', '--quiet', '--', '.');
  await run(root, 0, 'update', 'mid');
  assert.equal(versions(root), 'base 1, leaf 1-s1, mid 1-s1, other 1', 'the named one is taken');

  gitIn(root, 'checkout', '--quiet', '--', '.');
  assert.match(await run(root, 1, 'update', 'base', '--dry-run'), /mid is left out/);
  await run(root, 1, 'refresh');
  assert.equal(versions(root), 'base 1-20260830, leaf 1-20260830, mid 1, other 1-20260830');
});

test('an edit that is not committed counts; once released, it does not', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, family);
  put(root, { 'images/mid/b.conf': '2\n', 'images/other/new': 'x' });
  const told = await run(root, 1, 'update', 'base', '--commit');
  assert.match(told, /mid is left out: .*: images\/mid\/b\.conf \(not committed\)/);
  assert.match(told, /other is left out: .*: images\/other\/new \(not committed\)/);
  assert.equal(versions(root), 'base 1-s1, leaf 1-s1, mid 1, other 1');
  assert.equal(
    gitIn(root, 'show', '--name-only', '--format=', 'HEAD'),
    'images/base/changelog\nimages/leaf/changelog\n',
  );

  // The block comes with the edit, in one commit or after it.
  commit(root, { 'images/mid/changelog': `${block('mid', '2')}\n${block('mid', '1')}` });
  gitIn(root, 'rm', '--quiet', '-f', 'images/other/new');
  commit(root, {});
  const again = await run(root, 1, 'update', 'base');
  assert.doesNotMatch(again, /mid is left out/);
  assert.match(again, /other is left out: .*: images\/other\/new \(in [0-9a-f]{12} and 1 more\)/);
  assert.equal(versions(root), 'base 1-s2, leaf 1-s2, mid 2-s1, other 1');
});

test('a changelog that changes and keeps its version releases nothing', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, family);
  commit(root, { 'images/mid/b.conf': '2\n' });
  commit(root, { 'images/mid/changelog': block('mid', '1').replace('Made', 'Made well') });
  appendFileSync(join(root, 'images/other/changelog'), '\n');
  const told = await run(root, 1, 'update', 'base');
  assert.match(told, /mid is left out/);
  assert.equal(versions(root), 'base 1-s1, leaf 1-s1, mid 1, other 1-s1');
});

test('along first parents: an edit that was merged after the version counts', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, family);
  gitIn(root, 'checkout', '--quiet', '-b', 'work');
  commit(root, { 'images/mid/b.conf': '2\n' });
  gitIn(root, 'checkout', '--quiet', 'main');
  commit(root, { 'images/mid/changelog': `${block('mid', '2')}\n${block('mid', '1')}` });
  gitIn(root, 'merge', '--quiet', '--no-edit', 'work');
  assert.match(await run(root, 1, 'update', 'base'), /mid is left out: it changed after 2:/);
  gitIn(root, 'checkout', '--quiet', '--', '.');
  gitIn(root, 'checkout', '--quiet', '-b', 'release');
  commit(root, { 'images/other/Dockerfile.template': 'FROM {{ "base" | image_tag }}\nRUN d\n' });
  commit(root, { 'images/other/changelog': `${block('other', '2')}\n${block('other', '1')}` });
  gitIn(root, 'checkout', '--quiet', 'main');
  gitIn(root, 'merge', '--quiet', '--no-ff', '--no-edit', 'release');
  await run(root, 1, 'update', 'base');
  assert.equal(versions(root), 'base 1-s1, leaf 1-s1, mid 2, other 2-s1');
});

test('a version that is not committed is pending: a second run bumps no child again', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, family);
  await run(root, 0, 'update', 'base');
  const told = await run(root, 0, 'update', 'base');
  assert.equal(versions(root), 'base 1-s2, leaf 1-s1, mid 1-s1, other 1-s1');
  assert.match(told, /images: mid 1-s1 is pending: it is not committed yet/);
  await run(root, 0, 'update', 'base', '--with-unreleased');
  assert.equal(versions(root), 'base 1-s3, leaf 1-s1, mid 1-s1, other 1-s1');
  const refreshed = await run(root, 0, 'refresh');
  assert.match(refreshed, /base 1-s3 is pending/);
  assert.equal(versions(root), 'base 1-s3, leaf 1-s1, mid 1-s1, other 1-s1');
  // A commit of the rest would leave the pending ones behind.
  gitIn(root, 'checkout', '--quiet', '--', 'images/base', 'images/leaf', 'images/other');
  const refused = await run(root, 2, 'update', 'base', '--commit');
  assert.match(refused, /not committed: images\/mid\/changelog \[commit-refused\]/);
  // A new image that is in no commit is pending too.
  gitIn(root, 'checkout', '--quiet', '--', '.');
  put(root, image('fresh', 'FROM {{ "base" | image_tag }}\n'));
  assert.match(await run(root, 0, 'update', 'base'), /fresh 1 is pending/);
});

test('a rename that is not committed is no new version, and hides no edit', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, family);
  gitIn(root, 'mv', 'images/mid', 'images/mid2');
  renameSync(join(root, 'images/leaf'), join(root, 'images/leaf2'));
  const told = await run(root, 0, 'update', 'base', '--dry-run');
  assert.doesNotMatch(told, /pending/);
  assert.match(told, /mid 1 -> 1-s1/);
  assert.match(told, /leaf 1 -> 1-s1/);

  put(root, { 'images/mid2/b.conf': 'edited\n' });
  const edited = await run(root, 1, 'update', 'base', '--dry-run');
  assert.match(edited, /mid is left out: .*: images\/mid2\/b\.conf \(not committed\)/);
  gitIn(root, 'reset', '--quiet', '--hard');
  gitIn(root, 'clean', '-fdq');

  // Before the rename too; and a new version in the new place is not committed.
  commit(root, { 'images/mid/b.conf': '2\n' });
  gitIn(root, 'mv', 'images/mid', 'images/mid2');
  assert.match(
    await run(root, 1, 'update', 'base', '--dry-run'),
    /mid is left out: .*: images\/mid\/b\.conf \(in [0-9a-f]{12}\)/,
  );
  put(root, { 'images/mid2/changelog': `${block('mid', '2')}\n${block('mid', '1')}` });
  assert.match(await run(root, 0, 'update', 'base', '--dry-run'), /mid 2 is pending/);
});

test('of a plain image the line with its version counts, and only what it takes', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, {
    ...family,
    'images/web/Dockerfile': 'FROM r.example/base\nCOPY index.html /\n',
    'images/web/image.toml': 'version = "1.0"\n',
    'images/web/index.html': 'a',
  });
  const versionOf = () => readFileSync(join(root, 'images/web/image.toml'), 'utf8');
  commit(root, { 'images/web/README.md': 'read' });
  await run(root, 0, 'update', 'base');
  assert.equal(versionOf(), 'version = "1.0-s1"\n');
  commit(root, {});
  commit(root, { 'images/web/index.html': 'b' });
  assert.match(
    await run(root, 1, 'update', 'base'),
    /web is left out: it changed after 1\.0-s1: images\/web\/index\.html/,
  );
  commit(root, { 'images/web/image.toml': 'version = "1.1"\nlabels = { a = "b" }\n' });
  await run(root, 0, 'update', 'base');
  assert.equal(versionOf(), 'version = "1.1-s1"\nlabels = { a = "b" }\n');
});

test('what a followed link leads to is a file of the image', { skip: noGit }, async (t) => {
  const root = gitRepository(t, {
    ...family,
    ...image('mid', 'FROM {{ "base" | image_tag }}\n{% include "common/setup" %}\n', {
      'common/setup': 'RUN a\n',
      'common/chained': 'c\n',
      own: 'o\n',
      'real.dockerfile': 'FROM r.example/base\n',
    }),
    'images/leaf/.dockerignore': 'common/ignored\n',
    'images/plain/image.toml': 'version = "1.0"\n',
  });
  symlinkSync('../mid/common', join(root, 'images/leaf/common'));
  symlinkSync('../leaf/common', join(root, 'images/other/through'));
  symlinkSync('../mid/real.dockerfile', join(root, 'images/plain/Dockerfile'));
  commit(root, {});
  await run(root, 0, 'update', 'base', '--with-unreleased', '--commit');
  assert.equal(versions(root), 'base 1-s1, leaf 1-s1, mid 1-s1, other 1-s1');
  commit(root, { 'images/mid/own': 'p\n', 'images/mid/common/ignored': 'i\n' });
  const own = await run(root, 1, 'update', 'base', '--dry-run');
  assert.match(own, /mid is left out/);
  assert.match(own, /other is left out: .*: images\/mid\/common\/ignored/);
  assert.doesNotMatch(own, /(leaf|plain) is left out/);

  commit(root, { 'images/mid/common/setup': 'RUN b\n' });
  const told = await run(root, 1, 'update', 'base', '--dry-run');
  assert.match(told, /leaf is left out: .*: images\/mid\/common\/setup \(in /);
  assert.doesNotMatch(told, /plain is left out/);
  put(root, { 'images/mid/real.dockerfile': 'FROM r.example/base\nRUN x\n' });
  assert.match(
    await run(root, 1, 'update', 'base', '--dry-run'),
    /plain is left out: .*: images\/mid\/real\.dockerfile \(not committed\)/,
  );
});

test('a version that generate-bake.toml has for all images is one of each, with its rebuilds', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, {
    'generate-bake.toml': 'kind = "dockerfiles"\nregistry = "r.example"\nversion = "2.0"\n',
    'runtime/Dockerfile': 'FROM scratch\nCOPY a /\n',
    'runtime/a': 'a',
    'app/Dockerfile': 'FROM r.example/runtime\nCOPY f.txt /\n',
    'app/f.txt': '1',
  });
  assert.match(await run(root, 0, 'update', 'runtime', '--commit'), /app 2\.0 -> 2\.0-r1\n/);
  await run(root, 0, 'update', 'runtime', '--dry-run');
  const id = commit(root, { 'app/f.txt': '2' });
  const told = await run(root, 1, 'update', 'runtime', '--dry-run');
  assert.ok(told.includes(`app is left out: it changed after 2.0-r1: app/f.txt (in ${id})`), told);
  assert.match(await run(root, 1, 'refresh', '--dry-run'), /app is left out/);

  // Another key releases nothing; another version for all does.
  const toml = 'kind = "dockerfiles"\nregistry = "r.example"\nnamespace = ""\nversion = "2.0"\n';
  commit(root, { 'generate-bake.toml': toml });
  await run(root, 1, 'update', 'runtime', '--dry-run');
  commit(root, { 'generate-bake.toml': toml.replace('2.0', '2.1') });
  assert.match(await run(root, 0, 'update', 'runtime', '--dry-run'), /app 2\.1-r1 -> 2\.1-r2\n/);
  put(root, { 'app/f.txt': '3' });
  assert.match(
    await run(root, 1, 'update', 'runtime', '--dry-run'),
    /app\/f\.txt \(not committed\)/,
  );
});

test('stages share a version: where one of them has an unreleased change, all are left out', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, {
    ...family,
    'generate-bake.toml': `${family['generate-bake.toml']}[[tree]]
kind = "stages"
directory = "stages"
vars = "vars.sh"
prefix = "s/"
`,
    'stages/vars.sh': 'VERSION=1.2\n',
    'stages/Dockerfile.root': 'FROM r.example/base\n',
    'stages/Dockerfile.far': 'FROM scratch\nCOPY vars.sh /\n',
    'stages/.dockerignore': '*\n!vars.sh\n',
  });
  const vars = () => readFileSync(join(root, 'stages/vars.sh'), 'utf8');
  await run(root, 0, 'update', 'base');
  assert.equal(vars(), 'VERSION=1.2-s1\n');
  commit(root, {});
  // It is not built on base, and would be published with the version of the one that is.
  commit(root, { 'stages/Dockerfile.far': 'FROM scratch\nCOPY vars.sh /other\n' });
  const told = await run(root, 1, 'update', 'base');
  assert.match(told, /s\/far is left out: .*: stages\/Dockerfile\.far/);
  assert.equal(vars(), 'VERSION=1.2-s1\n');
  await run(root, 0, 'update', 's/root');
  assert.equal(vars(), 'VERSION=1.2-s2\n');
});

test('a hold keeps descendants from new versions, and costs a line; a fix may pass it', {
  skip: noGit,
}, async (t) => {
  const held = (unless: string) =>
    gitRepository(t, {
      ...family,
      'generate-bake.toml': `${family['generate-bake.toml']}[[hold]]
images = ["mid"]
stops = ["refresh"]
reason = "audit"
${unless}`,
    });
  const root = held('');
  const told = await run(root, 0, 'update', 'base');
  assert.match(told, /images: mid is skipped: held: audit \(generate-bake\.toml:4\)/);
  assert.equal(versions(root), 'base 1-s1, leaf 1-s1, mid 1, other 1-s1');
  await run(root, 0, 'update', 'mid');
  assert.equal(versions(root), 'base 1-s1, leaf 1-s1, mid 1-s1, other 1-s1');
  const open = held('unless = "security"\n');
  await run(open, 0, 'update', 'base', '--reason', 'new libfoo');
  assert.equal(versions(open), 'base 1-s1, leaf 1-s1, mid 1, other 1-s1');
  gitIn(open, 'checkout', '--quiet', '--', '.');
  await run(open, 0, 'update', 'base', '--reason', 'CVE-2026-1234');
  assert.equal(versions(open), 'base 1-s1, leaf 1-s1, mid 1-s1, other 1-s1');
});

test('without git, without a commit and in a shallow clone all are taken', {
  skip: noGit,
}, async (t) => {
  const tree = scratchTree(family);
  const told = await run(tree.path, 0, '--info', 'update', 'base');
  assert.match(told, /git does not tell .*: this is not a git repository/);
  assert.equal(versions(tree.path), 'base 1-s1, leaf 1-s1, mid 1-s1, other 1-s1');

  const unborn = temporaryDirectory(t);
  put(unborn, family);
  gitIn(unborn, 'init', '--quiet');
  await run(unborn, 0, 'update', 'base');
  assert.equal(versions(unborn), 'base 1-s1, leaf 1-s1, mid 1-s1, other 1-s1');

  const root = gitRepository(t, family);
  commit(root, { 'images/mid/b.conf': '2\n' });
  commit(root, { 'images/leaf/changelog': `${block('leaf', '2')}\n${block('leaf', '1')}` });
  const clone = join(temporaryDirectory(t), 'clone');
  execFileSync('git', ['clone', '--quiet', '--depth=2', `file://${root}`, clone]);
  assert.match(
    await run(clone, 0, 'update', 'base'),
    /the clone is shallow; git fetch --unshallow/,
  );
  assert.equal(versions(clone), 'base 1-s1, leaf 2-s1, mid 1-s1, other 1-s1');
  gitIn(clone, 'checkout', '--quiet', '--', '.');
  // What it has is known all the same.
  put(clone, { 'images/other/new': 'x' });
  assert.match(
    await run(clone, 1, 'update', 'base', '--dry-run'),
    /other is left out: .*: images\/other\/new \(not committed\)/,
  );
  rmSync(clone, { recursive: true });
});

test('a name of other letters, and bytes that are not UTF-8, do not disturb it', {
  skip: noGit,
}, async (t) => {
  const root = gitRepository(t, {
    ...family,
    'images/ünïcode dir/changelog': block('uni', '1'),
    'images/ünïcode dir/Dockerfile.template': 'FROM {{ "base" | image_tag }}\n',
  });
  const changelog = join(root, 'images/mid/changelog');
  // The author of an old block has Latin-1 letters.
  writeFileSync(
    changelog,
    Buffer.concat([Buffer.from(`${block('mid', '1')}\n`), Buffer.from('# J\xf6rg\n', 'latin1')]),
  );
  commit(root, {});
  writeFileSync(changelog, block('mid', '1'));
  commit(root, {});
  await run(root, 0, 'update', 'base');
  assert.equal(versions(root), 'base 1-s1, leaf 1-s1, mid 1-s1, other 1-s1');
  assert.match(readFileSync(join(root, 'images/ünïcode dir/changelog'), 'utf8'), /^uni \(1-s1\)/);
});

test('git is asked as often for 136 images as for two', { skip: noGit }, async (t) => {
  const asked = async (children: number): Promise<number> => {
    const names = Array.from({ length: children }, (_, index) => `i${index}`);
    const root = gitRepository(t, {
      'config.yaml': 'registry: r.example\n',
      ...image('base', 'FROM scratch\nCOPY changelog /\n'),
      ...Object.assign({}, ...names.map((name) => image(name, 'FROM {{ "base" | image_tag }}\n'))),
    });
    commit(root, { 'images/i0/x': 'x' });
    // Counts what is started in the place of git.
    const programs = temporaryDirectory(t);
    const log = join(programs, 'log');
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    const script = `#!/bin/sh\necho x >> '${log}'\nexec '${git}' "$@"\n`;
    writeFileSync(join(programs, 'git'), script, { mode: 0o755 });
    const path = `${programs}:${process.env.PATH}`;
    const done = await runCli(['update', 'base', 'images', '--dry-run'], {
      cwd: root,
      env: { ...env, PATH: path },
    });
    assert.equal(done.status, 1, done.stderr);
    assert.match(done.stderr, /i0 is left out/);
    assert.match(done.stderr, new RegExp(`^${children} changelogs? would be written$`, 'm'));
    return readFileSync(log, 'utf8').length;
  };
  assert.equal(await asked(135), await asked(1));
});
