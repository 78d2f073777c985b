/**
 * Faults that a real mmdebstrap cannot be made to have on demand. `standIn` takes its place in PATH:
 * it writes an archive, or does what the test says; everything around it is real.
 */

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type MakeRequest, type Making, makeRootfs } from '#rootfs/make.js';
import { readRecipe } from '#rootfs/readRecipe.js';
import { archiveName, currentEpoch, RootfsStore, rootfsKey, storeName } from '#rootfs/store.js';
import { boundedBy } from '../support/boundary.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

/** Finds its output among the arguments, as mmdebstrap does: the word that ends in .tar. */
const standIn = (script: string): string =>
  `#!/bin/sh\nfor word in "$@"; do case $word in *.tar) out=$word;; esac; done\n${script}\n`;
const writes = standIn(
  'echo "I: creating tarball..." >&2; tar -C "$(dirname "$0")" -cf "$out" mmdebstrap',
);

interface Surroundings {
  readonly tree: ScratchTree;
  readonly make: (epoch: number, more?: Partial<MakeRequest>) => Promise<Making>;
  readonly store: string;
  readonly recipe: MakeRequest['recipe'];
}

function surroundings(script: string, recipeText = 'suite = "bookworm"\n'): Surroundings {
  const tree = scratchTree({
    'bin/mmdebstrap': { text: script, mode: 0o755 },
    'base/rootfs.toml': recipeText,
    'tmp/': '',
  });
  const { value: recipe } = readRecipe(
    tree.at('base'),
    tree.at('base/rootfs.toml'),
    'base/rootfs.toml',
    boundedBy(tree.at('base')),
  );
  assert.ok(recipe !== undefined);
  const request = {
    recipe,
    imageDirectory: tree.at('base'),
    shownDirectory: 'base',
    mode: 'unshare' as const,
    env: { PATH: `${tree.at('bin')}:${process.env.PATH ?? ''}`, TMPDIR: tree.at('tmp') },
  };
  return {
    tree,
    recipe,
    store: tree.at('base', storeName),
    make: (epoch, more = {}) => makeRootfs({ ...request, epoch, ...more }),
  };
}

const day = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 1000;

function problem(making: Making): string {
  assert.equal(making.kind, 'failed');
  return making.kind === 'failed' ? making.problem.message : '';
}

test('what is made is whole, ignored by git, and leaves nothing behind', async () => {
  const { make, store, tree, recipe } = surroundings(writes);
  const lines: string[] = [];
  const making = await make(day('2026-03-01'), { onProgress: (line) => lines.push(line) });
  assert.equal(making.kind, 'made');
  assert.deepEqual(lines, ['creating tarball']);
  const key = rootfsKey(recipe, day('2026-03-01'));
  assert.deepEqual(readdirSync(store).sort(), [key, `${key}.log`]);
  assert.deepEqual(readdirSync(join(store, key)).sort(), ['made.json', archiveName]);
  assert.equal(readFileSync(tree.at('base/.generate-bake/.gitignore'), 'utf8'), '*\n');
  assert.deepEqual(readdirSync(tree.at('tmp')), []);
});

test('one that fails leaves the last good one, says what it said, and keeps the log', async () => {
  const { make, store, tree, recipe } = surroundings(writes);
  await make(day('2026-03-01'));
  const fails = standIn(
    'echo "Err:1 http://mirror.example bookworm InRelease" >&2; echo half >"$out"; echo "E: Failed to fetch it" >&2; echo "E: mmdebstrap failed to run" >&2; exit 25',
  );
  tree.write({ 'bin/mmdebstrap': fails });
  const making = await make(day('2026-04-01'));
  assert.equal(
    problem(making),
    `the root filesystem ${recipe.name} was not made: Failed to fetch it; that of 20260301 stays in use`,
  );
  assert.equal(currentEpoch(new RootfsStore(tree.at('base')), recipe), day('2026-03-01'));
  assert.deepEqual(
    new RootfsStore(tree.at('base')).madeOf(recipe).map(({ date }) => date),
    ['20260301'],
  );
  const log = readFileSync(join(store, `${rootfsKey(recipe, day('2026-04-01'))}.log`), 'utf8');
  assert.match(log, /^Err:1 .*\nE: Failed to fetch it\nE: mmdebstrap failed to run\n$/);
  assert.ok(readdirSync(store).every((name) => !name.startsWith('.')));
});

test('one that ends well without an archive has failed', async () => {
  const { make } = surroundings(standIn('exit 0'));
  assert.match(problem(await make(0)), /was not made: mmdebstrap ended without saying why$/);
});

// The system's own directories are looked through as well: where it is there, it is found.
const present = ['/usr/bin', '/usr/local/bin'].some((folder) => existsSync(`${folder}/mmdebstrap`));

test('where there is no mmdebstrap it says what to install', {
  skip: present && 'mmdebstrap is installed here',
}, async () => {
  const { make, tree } = surroundings(writes);
  const making = await make(0, { env: { PATH: tree.at('tmp'), TMPDIR: tree.at('tmp') } });
  assert.ok(making.kind === 'failed');
  assert.equal(making.problem.code, 'rootfs-program');
  assert.match(making.problem.hint ?? '', /apt-get install mmdebstrap/);
});

test('a stop ends it and leaves nothing', async () => {
  const { make, store, tree } = surroundings(
    standIn('echo "I: sleeping" >&2; echo half >"$out"; sleep 60'),
  );
  const controller = new AbortController();
  const making = await make(0, { signal: controller.signal, onProgress: () => controller.abort() });
  assert.equal(making.kind, 'cancelled');
  assert.deepEqual(
    readdirSync(store).filter((name) => !name.endsWith('.log')),
    [],
  );
  assert.deepEqual(readdirSync(tree.at('tmp')), []);
});

test('what a killed making has left is removed by the next, that of a living one is not', async () => {
  const { make, store } = surroundings(writes);
  mkdirSync(join(store, '.making-999999999-20260101-0123456789ab'), { recursive: true });
  mkdirSync(join(store, `.making-${process.ppid}-20260101-0123456789ab`));
  await make(0);
  assert.deepEqual(
    readdirSync(store).filter((name) => name.startsWith('.')),
    [`.making-${process.ppid}-20260101-0123456789ab`],
  );
});

test('the three newest are kept', async () => {
  const { make, tree, recipe, store } = surroundings(writes);
  for (const month of ['01', '02', '03', '04']) {
    await make(day(`2026-${month}-01`));
  }
  assert.deepEqual(
    new RootfsStore(tree.at('base')).madeOf(recipe).map(({ date }) => date),
    ['20260401', '20260301', '20260201'],
  );
  assert.ok(!existsSync(join(store, `${rootfsKey(recipe, day('2026-01-01'))}.log`)));
});

test('another recipe does not take what an earlier one made', async () => {
  const { make, tree, recipe } = surroundings(writes);
  await make(day('2026-03-01'));
  assert.equal(
    currentEpoch(new RootfsStore(tree.at('base')), { ...recipe, packages: ['curl'] }),
    undefined,
  );
  const today = new Date('2026-05-02T13:00:00Z');
  assert.equal(
    currentEpoch(new RootfsStore(tree.at('base')), { ...recipe, packages: ['curl'] }, today),
    day('2026-05-02'),
  );
  assert.equal(currentEpoch(new RootfsStore(tree.at('base')), recipe, today), day('2026-03-01'));
});

test('a proxy reaches the program by its environment alone, and no password is written anywhere', async () => {
  const tells = standIn(
    'echo "W: args $*" >&2; echo "W: env $http_proxy $HOME $SECRET $SOURCE_DATE_EPOCH" >&2; echo "E: Could not connect to me:s3cret@proxy.example" >&2; exit 1',
  );
  const proxy = 'http://me:s3cret@proxy.example:3128';
  const { make, recipe, store, tree } = surroundings(tells, `suite = "b"\nproxy = "${proxy}"\n`);
  const path = `${tree.at('bin')}:${process.env.PATH ?? ''}`;
  const making = await make(7, {
    env: { PATH: path, HOME: '/h', SECRET: 'other', TMPDIR: tree.at('tmp') },
  });
  assert.doesNotMatch(JSON.stringify(making), /s3cret/);
  const log = readFileSync(join(store, `${rootfsKey(recipe, 7)}.log`), 'utf8');
  assert.doesNotMatch(log, /s3cret|other/);
  assert.match(log, /W: env http:\/\/…@proxy.example:3128 \/h {2}7/);
  assert.doesNotMatch(/W: args (.*)/.exec(log)?.[1] ?? '', /proxy/);
  writeFileSync(tree.at('bin/mmdebstrap'), writes);
  const done = await make(7);
  assert.ok(done.kind === 'made');
  assert.doesNotMatch(readFileSync(join(done.directory, 'made.json'), 'utf8'), /proxy/);
});

test('an archive is whole only with the size and the content that it was made with', async () => {
  const { make, tree, recipe, store } = surroundings(writes);
  const epoch = day('2026-03-01');
  await make(epoch);
  const archive = join(store, rootfsKey(recipe, epoch), archiveName);
  const made = readFileSync(archive);
  const ofStore = () => new RootfsStore(tree.at('base'));
  assert.ok(await ofStore().isWhole(recipe, epoch));
  made[0] = 255 - (made[0] ?? 0);
  writeFileSync(archive, made);
  assert.ok(ofStore().isMade(recipe, epoch));
  assert.ok(!(await ofStore().isWhole(recipe, epoch)));
  writeFileSync(archive, made.subarray(1));
  assert.ok(!ofStore().isMade(recipe, epoch));
  rmSync(join(store, rootfsKey(recipe, epoch), 'made.json'));
  assert.ok(!ofStore().isMade(recipe, epoch));
});

test('a log that is a link is not written', async () => {
  const { make, tree, recipe, store } = surroundings(writes);
  tree.write({ outside: 'kept' });
  mkdirSync(store, { recursive: true });
  for (const to of [tree.at('outside'), tree.at('new')]) {
    const log = join(store, `${rootfsKey(recipe, 0)}.log`);
    rmSync(log, { force: true });
    symlinkSync(to, log);
    assert.match(problem(await make(0)), /has a log, .*\.log, that is a symbolic link/);
  }
  assert.equal(readFileSync(tree.at('outside'), 'utf8'), 'kept');
  assert.ok(!existsSync(tree.at('new')));
});
