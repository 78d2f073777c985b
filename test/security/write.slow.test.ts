import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { type Planted, plant } from '../support/plant.js';
import type { Finished } from '../support/process.js';
import { temporaryDirectory } from '../support/temporary.js';

const skip = { skip: noGit };

const changelog =
  'base (1.0) wikimedia; urgency=low\n\n  * A.\n\n -- A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000\n';

/** `base` has a link that leads out of its build context, so that a plan makes a copy of that. */
const sound: Readonly<Record<string, Planted>> = {
  'config.yaml': 'registry: ""\n',
  'images/base/Dockerfile.template': 'FROM scratch\nCOPY version /\n',
  'images/base/changelog': changelog,
  'images/base/control': 'Package: base\n',
  'images/base/version': { to: '../shared/VERSION' },
  'images/shared/VERSION': '7.7\n',
};

interface Repository {
  /** A git repository. */
  readonly root: string;
  /** A directory outside of it, with a file `keep.txt`. */
  readonly outside: string;
}

/** A repository whose last commit has what is planted, whatever git would ignore. */
function planted(
  t: TestContext,
  filesOf: (outside: string) => Readonly<Record<string, Planted>>,
): Repository {
  const outside = temporaryDirectory(t);
  writeFileSync(join(outside, 'keep.txt'), 'kept\n');
  const root = gitRepository(t);
  plant(root, { ...sound, ...filesOf(outside) });
  gitIn(root, 'add', '--all', '--force');
  gitIn(root, 'commit', '--quiet', '-m', 'planted');
  return { root, outside };
}

/** The same, but that git does not have what is planted. */
function left(
  t: TestContext,
  filesOf: (outside: string) => Readonly<Record<string, Planted>>,
): Repository {
  const found = planted(t, () => ({}));
  plant(found.root, filesOf(found.outside));
  return found;
}

function untouched(outside: string): void {
  assert.deepEqual(readdirSync(outside), ['keep.txt']);
  assert.equal(readFileSync(join(outside, 'keep.txt'), 'utf8'), 'kept\n');
}

const environment = {
  ...process.env,
  DEBFULLNAME: 'Test Er',
  DEBEMAIL: 'test@example.org',
  SOURCE_DATE_EPOCH: '1787990400',
};

async function gb(cwd: string, ...words: readonly string[]): Promise<Finished> {
  return runCli(words, { cwd, env: environment });
}

/** The command is refused for this reason, and nothing is written outside. */
async function refused(
  { root, outside }: Repository,
  why: RegExp,
  ...words: readonly string[]
): Promise<void> {
  const { status, stderr } = await gb(root, ...words);
  assert.match(stderr, why, words.join(' '));
  // 1: a fault of one image; 2: of the whole.
  assert.ok(status === 1 || status === 2, stderr);
  untouched(outside);
}

const aLink = /symbolic link/;

// S10, S2: .generate-bake is ours.

const notOurs: Readonly<
  Record<string, readonly [files: (outside: string) => Record<string, Planted>, why: RegExp]>
> = {
  '.generate-bake as a link': [(outside) => ({ '.generate-bake': { to: outside } }), aLink],
  '.generate-bake as a dangling link': [
    (outside) => ({ '.generate-bake': { to: `${outside}/new` } }),
    aLink,
  ],
  '.generate-bake as a link into the tree': [
    () => ({ '.generate-bake': { to: 'images/shared' } }),
    aLink,
  ],
  '.generate-bake as a file': [() => ({ '.generate-bake': 'x' }), /which is not a directory/],
  'contexts as a link': [(outside) => ({ '.generate-bake/contexts': { to: outside } }), aLink],
  'contexts as a dangling link': [
    (outside) => ({ '.generate-bake/contexts': { to: `${outside}/new` } }),
    aLink,
  ],
  'contexts as a file': [() => ({ '.generate-bake/contexts': 'x' }), /which is not a directory/],
  '.gitignore as a link': [
    (outside) => ({ '.generate-bake/.gitignore': { to: `${outside}/keep.txt` } }),
    /\.gitignore, which is not a regular file/,
  ],
  '.gitignore as a dangling link': [
    (outside) => ({ '.generate-bake/.gitignore': { to: `${outside}/new` } }),
    /\.gitignore, which is not a regular file/,
  ],
};

for (const [name, [files, why]] of Object.entries(notOurs)) {
  test(`plan writes nothing through ${name}`, skip, async (t) => {
    await refused(left(t, files), why, 'plan', 'images');
    await refused(planted(t, files), /symbolic link|git tracks|not a directory/, 'plan', 'images');
  });
}

test('update writes no journal through a link, and none into a file', skip, async (t) => {
  const update = ['update', 'base', 'images', '--reason', 'R.'];
  for (const to of ['', '/new']) {
    const files = (outside: string) => ({ '.generate-bake': { to: outside + to } });
    await refused(left(t, files), aLink, ...update);
    await refused(planted(t, files), aLink, ...update);
  }
  await refused(
    left(t, () => ({ '.generate-bake': 'x' })),
    /which is not a directory/,
    ...update,
  );
  await refused(
    left(t, (outside) => ({ '.generate-bake/changelogs.json': { to: `${outside}/keep.txt` } })),
    /the journal of changelogs cannot be used/,
    ...update,
  );
});

test('what git tracks in .generate-bake is refused', skip, async (t) => {
  const files = () => ({ '.generate-bake/contexts/deep/er': 'x' });
  await refused(planted(t, files), /a file that git tracks: .*deep\/er/, 'plan', 'images');
});

test('outside of git a directory of ours is used, too', async (t) => {
  const root = temporaryDirectory(t);
  plant(root, { ...sound, '.generate-bake/.gitignore': '' });
  const { status, stderr } = await gb(root, 'plan', 'images');
  assert.equal(status, 0, stderr);
  assert.deepEqual(readdirSync(join(root, '.generate-bake')).sort(), ['.gitignore', 'contexts']);
});

// S9: a copy is believed by its content.

/** A repository with a plan, and the path of the copy that it has made. */
async function withCopy(t: TestContext): Promise<Repository & { copy: string; plan: string }> {
  const found = planted(t, () => ({
    'images/base/dir/script.sh': 'echo sound\n',
    'images/base/dir/run': { to: 'script.sh' },
  }));
  const { status, stdout, stderr } = await gb(found.root, 'plan', 'images');
  assert.equal(status, 0, stderr);
  const contexts = join(found.root, '.generate-bake/contexts');
  const [name, ...others] = readdirSync(contexts);
  assert.ok(name !== undefined && others.length === 0);
  return { ...found, copy: join(contexts, name), plan: stdout };
}

/** What is in a directory, with modes and contents. */
function pictureOf(directory: string): readonly string[] {
  assert.ok(lstatSync(directory).isDirectory());
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const stat = lstatSync(path);
      const content = stat.isSymbolicLink()
        ? `-> ${readlinkSync(path)}`
        : stat.isFile()
          ? readFileSync(path, 'utf8')
          : '';
      return `${name} ${(stat.mode & 0o7777).toString(8)} ${content}`;
    });
}

const tampered: Readonly<Record<string, (copy: string, outside: string) => void>> = {
  'has another text': (copy) => writeFileSync(join(copy, 'dir/script.sh'), 'echo evil!\n'),
  'has a file more': (copy) => writeFileSync(join(copy, 'dir/more'), ''),
  'has a directory more': (copy) => mkdirSync(join(copy, 'more')),
  'lacks a file': (copy) => rmSync(join(copy, 'version')),
  'is empty': (copy) => {
    rmSync(copy, { recursive: true });
    mkdirSync(copy);
  },
  'has another mode': (copy) => chmodSync(join(copy, 'dir/script.sh'), 0o755),
  'has another link': (copy) => {
    rmSync(join(copy, 'dir/run'));
    symlinkSync('/bin/sh', join(copy, 'dir/run'));
  },
  'has a link in the place of a file': (copy, outside) => {
    rmSync(join(copy, 'version'));
    symlinkSync(join(outside, 'keep.txt'), join(copy, 'version'));
  },
  'is a link': (copy, outside) => {
    rmSync(copy, { recursive: true });
    symlinkSync(outside, copy);
  },
  'is a file': (copy) => {
    rmSync(copy, { recursive: true });
    writeFileSync(copy, '');
  },
};

test('a copy of a context is used again only with its content', skip, async (t) => {
  const { root, copy, plan, outside } = await withCopy(t);
  const whole = lstatSync(copy).ino;
  const before = pictureOf(copy);
  assert.equal((await gb(root, 'plan', 'images')).stdout, plan);
  assert.equal(lstatSync(copy).ino, whole);
  for (const [what, tamper] of Object.entries(tampered)) {
    tamper(copy, outside);
    const again = await gb(root, 'plan', 'images');
    assert.deepEqual(again, { status: 0, stdout: plan, stderr: again.stderr }, what);
    assert.deepEqual(pictureOf(copy), before, what);
    untouched(outside);
  }
  assert.deepEqual(readdirSync(dirname(copy)), [copy.slice(dirname(copy).length + 1)]);
});

test('a root filesystem that git has is not used, nor one of another size', skip, async (t) => {
  const recipe = 'suite = "bookworm"\ntimestamp = "2026-03-01"\n';
  const missing = planted(t, () => ({ 'images/bw/rootfs.toml': recipe }));
  const { stdout } = await gb(missing.root, 'plan', 'images');
  const key = /\.generate-bake\/rootfs\/(\d{8}-[0-9a-f]{12})/.exec(stdout)?.[1];
  assert.ok(key !== undefined, stdout);
  const store = `images/bw/.generate-bake/rootfs/${key}`;
  const made = (bytes: number) => ({
    [`${store}/rootfs.tar`]: 'evil',
    [`${store}/made.json`]: JSON.stringify({ format: 1, bytes, sha256: '0'.repeat(64) }),
  });
  plant(missing.root, made(4));
  assert.equal((await gb(missing.root, 'plan', 'images')).stderr, '');
  plant(missing.root, made(5));
  assert.match((await gb(missing.root, 'plan', 'images')).stderr, /is not there/);
  const tracked = planted(t, () => ({ 'images/bw/rootfs.toml': recipe, ...made(4) }));
  await refused(
    tracked,
    /is not used: it is in \.generate-bake, which .* git tracks/,
    'plan',
    'images',
  );
  const linked = planted(t, (outside) => ({
    'images/bw/rootfs.toml': recipe,
    'images/bw/.generate-bake/rootfs': { to: outside },
  }));
  await refused(linked, aLink, 'plan', 'images');
  const rootfs = await gb(linked.root, 'rootfs', 'images/bw');
  assert.match(rootfs.stderr, aLink);
  assert.notEqual(rootfs.status, 0);
  untouched(linked.outside);
});

// S8: outputs are below the directory that was asked for.

function workspace(name: string): Record<string, Planted> {
  const key = `name = ${JSON.stringify(name)}\n`;
  return { 'generate-bake.toml': `[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n${key}` };
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((file) => !file.startsWith('.git/'))
    .sort();
}

for (const name of ['a/../../../OUTSIDE', 'a/..', 'a/../../x/..', 'a/../../images', 'a//../../b']) {
  test(`render writes below its directory for a tree named ${name}`, skip, async (t) => {
    const { root } = planted(t, () => workspace(name));
    const before = filesBelow(root);
    const { status, stderr } = await gb(root, 'render', '-o', 'deep/er/out');
    assert.equal(status, 0, stderr);
    for (const file of filesBelow(root).filter((each) => !before.includes(each))) {
      assert.match(file, /^deep\/er\/out\//);
    }
    assert.ok(!existsSync(join(dirname(root), 'OUTSIDE')));
  });
}

test('render writes into no directory of git', skip, async (t) => {
  for (const name of ['a/../.git/hooks', 'a/.GIT/x', 'a/.generate-bake/logs']) {
    const found = planted(t, () => workspace(name));
    await refused(found, /a file of git or of generate-bake/, 'render', '-o', '.');
    assert.ok(!existsSync(join(found.root, 'a')));
  }
});

test('a workspace file beside its tree renders below the directory', skip, async (t) => {
  const { root } = planted(t, () => ({
    'sub/generate-bake.toml': '[[tree]]\ndirectory = "../images"\nconfig = ["../config.yaml"]\n',
  }));
  const { status, stderr } = await gb(join(root, 'sub'), 'render', '-o', 'out');
  assert.equal(status, 0, stderr);
  assert.deepEqual(filesBelow(join(root, 'sub/out')), ['images/base.Dockerfile']);
  const compared = await gb(join(root, 'sub'), 'render', '--diff', 'out');
  assert.equal(compared.status, 0, compared.stdout + compared.stderr);
});

test('render follows no link below its directory, and none of the tree to it', skip, async (t) => {
  const render = ['render', '-o', 'out', 'images'];
  for (const plant of [left, planted]) {
    await refused(
      plant(t, (outside) => ({ 'out/images': { to: outside } })),
      aLink,
      ...render,
    );
    await refused(
      plant(t, (outside) => ({ 'out/images': { to: `${outside}/new` } })),
      aLink,
      ...render,
    );
    await refused(
      plant(t, (outside) => ({ 'out/images/base.Dockerfile': { to: `${outside}/keep.txt` } })),
      aLink,
      ...render,
    );
    await refused(
      plant(t, () => ({ 'out/images': 'a file' })),
      /not a directory/,
      ...render,
    );
  }
  for (const to of ['', '/new']) {
    const files = (outside: string) => ({ out: { to: outside + to } });
    await refused(planted(t, files), /a symbolic link that git tracks/, ...render);
  }
  const own = left(t, () => ({ 'elsewhere/x': '', out: { to: 'elsewhere' } }));
  assert.equal((await gb(own.root, ...render)).status, 0);
  assert.ok(existsSync(join(own.root, 'elsewhere/images/base.Dockerfile')));
});

test('plan writes through no link that git tracks', skip, async (t) => {
  const files = (outside: string) => ({
    'plan.json': { to: `${outside}/keep.txt` },
    'new.json': { to: `${outside}/new` },
    dir: { to: outside },
    'waves/wave-001.json': { to: `${outside}/keep.txt` },
  });
  const found = planted(t, files);
  const why = /a symbolic link that git tracks/;
  await refused(found, why, 'plan', '-o', 'plan.json', 'images');
  await refused(found, why, 'plan', '-o', 'new.json', 'images');
  await refused(found, why, 'plan', '-o', 'dir/keep.txt', 'images');
  await refused(found, why, 'plan', '--split-waves', 'dir', 'images');
  await refused(found, aLink, 'plan', '--split-waves', 'waves', 'images');
  const own = left(t, files);
  assert.equal((await gb(own.root, 'plan', '-o', 'plan.json', 'images')).status, 0);
  assert.notEqual(readFileSync(join(own.outside, 'keep.txt'), 'utf8'), 'kept\n');
});

test('reports are written through no link that git tracks', skip, async (t) => {
  const found = planted(t, (outside) => ({ 'report.json': { to: `${outside}/keep.txt` } }));
  for (const option of ['--report', '--junit']) {
    const { stderr, status } = await gb(found.root, 'build', option, 'report.json', 'images');
    assert.match(stderr, /a symbolic link that git tracks/);
    assert.notEqual(status, 0);
    untouched(found.outside);
  }
});

// S10: what else is written.

test('update and refresh write no changelog outside of the repository', skip, async (t) => {
  for (const name of ['keep.txt', 'new']) {
    const found = planted(t, (outside) => ({
      'images/base/changelog': { to: `${outside}/${name}` },
    }));
    writeFileSync(join(found.outside, 'keep.txt'), changelog);
    for (const words of [
      ['update', 'base', '--reason', 'R.'],
      ['refresh', '--reason', 'R.'],
    ]) {
      const { status, stderr } = await gb(found.root, ...words, 'images');
      assert.notEqual(status, 0, stderr);
      assert.deepEqual(readdirSync(found.outside), ['keep.txt']);
      assert.equal(readFileSync(join(found.outside, 'keep.txt'), 'utf8'), changelog);
    }
  }
});

test('a changelog that is a link inside of the repository is written', skip, async (t) => {
  const { root } = planted(t, () => ({
    'images/base/changelog': { to: '../../shared/changelog' },
    'shared/changelog': changelog,
  }));
  const { status, stderr } = await gb(root, 'update', 'base', 'images', '--reason', 'R.');
  assert.equal(status, 0, stderr);
  assert.ok(lstatSync(join(root, 'images/base/changelog')).isSymbolicLink());
  assert.match(readFileSync(join(root, 'shared/changelog'), 'utf8'), / R\.\n/);
});

test('import writes through no link', skip, async (t) => {
  const stages = {
    'st/Dockerfile.a': 'FROM scratch\n',
    'st/Makefile': 'all:\n\tdebootstrap --variant=minbase bookworm rootfs\n',
  };
  for (const to of ['/keep.txt', '/new']) {
    const found = planted(t, (outside) => ({
      ...stages,
      'st/generate-bake.toml': { to: outside + to },
    }));
    const { status, stderr } = await gb(found.root, 'import', 'stages', '--force', 'st');
    assert.match(stderr, aLink);
    assert.notEqual(status, 0);
    untouched(found.outside);
    assert.match((await gb(found.root, 'import', 'stages', 'st')).stderr, /exists already/);
    untouched(found.outside);
  }
  const linked = planted(t, (outside) => ({ ...stages, there: { to: outside } }));
  writeFileSync(join(linked.outside, 'Dockerfile.a'), 'FROM scratch\n');
  assert.match(
    (await gb(linked.root, 'import', 'stages', 'there')).stderr,
    /a symbolic link that git tracks/,
  );
  assert.deepEqual(readdirSync(linked.outside).sort(), ['Dockerfile.a', 'keep.txt']);
});

test('new and init make nothing through a link', skip, async (t) => {
  const named = planted(t, (outside) => ({
    'images/dangling': { to: `${outside}/new` },
    'images/linked': { to: outside },
    there: { to: outside },
  }));
  const create = (...words: string[]) => ['new', ...words];
  for (const name of ['dangling', 'linked']) {
    const { status, stderr } = await gb(named.root, ...create(name, '--from', 'scratch', 'images'));
    assert.match(stderr, /exists already/);
    assert.equal(status, 2);
    untouched(named.outside);
  }
  await refused(
    named,
    /a symbolic link that git tracks/,
    ...create('fresh', '--from', 'scratch', 'there'),
  );
  const dangling = await gb(named.root, 'init', 'images/dangling');
  assert.notEqual(dangling.status, 0);
  untouched(named.outside);
});

// S2: only what we make is removed.

const digest = 'ab'.repeat(32);

/** Docker for a machine that has no images, and says what it was asked. */
function withoutImages(t: TestContext): { readonly path: string; readonly said: () => string } {
  const bin = temporaryDirectory(t);
  const log = join(bin, 'said');
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\necho "$*" >> ${log}\n`, { mode: 0o755 });
  return { path: bin, said: () => readFileSync(log, 'utf8') };
}

async function prune(t: TestContext, root: string): Promise<Finished> {
  const docker = withoutImages(t);
  const done = await runCli(['prune', '--cache-older-than', '7d', 'images'], {
    cwd: root,
    env: {
      ...environment,
      PATH: `${docker.path}:${process.env.PATH ?? ''}`,
      DOCKER_HOST: 'tcp://127.0.0.1:1',
    },
  });
  // The stand-in has been asked, and no engine.
  assert.match(docker.said(), /buildx prune/);
  return done;
}

function age(root: string): void {
  for (const name of readdirSync(root, { recursive: true }).map(String)) {
    if (!lstatSync(join(root, name)).isSymbolicLink()) {
      utimesSync(join(root, name), 1_000_000, 1_000_000);
    }
  }
}

test('prune removes nothing through a link, and nothing that we do not make', skip, async (t) => {
  const parts = ['', '/contexts', '/dockerfiles', '/logs', '/logs/images'];
  for (const part of parts) {
    for (const make of [left, planted]) {
      const found = make(t, (outside) => ({ [`.generate-bake${part}`]: { to: outside } }));
      plant(found.outside, { [digest]: 'x', 'x.log': 'x', 'images/x.log': 'x' });
      age(found.outside);
      const { status, stderr } = await prune(t, found.root);
      if (part !== '/logs/images' || make === planted) {
        assert.match(stderr, /cannot be pruned: it is in .*(?:symbolic link|git tracks)/, part);
        assert.equal(status, 1, stderr);
      }
      assert.deepEqual(
        readdirSync(found.outside).sort(),
        [digest, 'images', 'keep.txt', 'x.log'].sort(),
      );
      assert.deepEqual(readdirSync(join(found.outside, 'images')), ['x.log']);
    }
  }
});

test('prune removes what is ours, and keeps what is not', skip, async (t) => {
  const found = left(t, (outside) => ({
    [`.generate-bake/contexts/${digest}/file`]: 'x',
    [`.generate-bake/contexts/${'cd'.repeat(32)}`]: { to: outside },
    '.generate-bake/contexts/project/file': 'x',
    [`.generate-bake/dockerfiles/${digest}`]: 'x',
    [`.generate-bake/dockerfiles/${digest}.dockerignore`]: 'x',
    '.generate-bake/dockerfiles/notes': 'x',
    '.generate-bake/logs/images/base.log': 'x',
    '.generate-bake/logs/images/notes.txt': 'x',
    '.generate-bake/logs/images/deep.log/file': 'x',
    '.generate-bake/changelogs.txt': 'x',
  }));
  age(join(found.root, '.generate-bake'));
  const { status, stderr } = await prune(t, found.root);
  assert.equal(status, 0, stderr);
  assert.deepEqual(filesBelow(join(found.root, '.generate-bake')), [
    'changelogs.txt',
    'contexts/project/file',
    'dockerfiles/notes',
    'logs/images/deep.log/file',
    'logs/images/notes.txt',
  ]);
  untouched(found.outside);
});

// R4: nothing stays in the way.

test('what a killed run left is removed, or written anew', skip, async (t) => {
  const ended = 4_194_304 * 4; // No Linux has such a process.
  const found = left(t, () => ({
    '.generate-bake/.gitignore': '',
    [`.generate-bake/contexts/.${digest}.${ended}.tmp/file`]: 'x',
    [`.generate-bake/contexts/.${digest}.${process.pid}.tmp/file`]: 'x',
    [`out/images/.base.Dockerfile.${ended}.tmp`]: 'x',
    [`out/images/.base.Dockerfile.${process.pid}.tmp`]: 'x',
    'out/images/.vimrc.tmp': 'x',
  }));
  assert.equal((await gb(found.root, 'plan', 'images')).status, 0);
  assert.equal(readFileSync(join(found.root, '.generate-bake/.gitignore'), 'utf8'), '*\n');
  const contexts = readdirSync(join(found.root, '.generate-bake/contexts'));
  assert.deepEqual(
    contexts.filter((name) => name.startsWith('.')),
    [`.${digest}.${process.pid}.tmp`],
  );
  assert.equal((await gb(found.root, 'render', '-o', 'out', 'images')).status, 0);
  assert.deepEqual(filesBelow(join(found.root, 'out')), [
    `images/.base.Dockerfile.${process.pid}.tmp`,
    'images/.vimrc.tmp',
    'images/base.Dockerfile',
  ]);
});

test('render writes the longest names, and names too long ones', skip, async (t) => {
  const image = (name: string) => ({
    'images/x/control': `Package: ${name}\n`,
    'images/x/changelog': changelog.replace('base', name),
    'images/x/Dockerfile.template': 'FROM scratch\n',
  });
  const longest = 'a'.repeat(255 - '.Dockerfile'.length);
  const fits = planted(t, () => image(longest));
  const done = await gb(fits.root, 'render', '-o', 'out', 'images');
  assert.equal(done.status, 0, done.stderr);
  assert.deepEqual(filesBelow(join(fits.root, 'out')), [
    `images/${longest}.Dockerfile`,
    'images/base.Dockerfile',
  ]);
  const over = planted(t, () => image(`${longest}a`));
  await refused(over, /has too long a name|too long/, 'render', '-o', 'out', 'images');
});
