/** The last job of a matrix, on a machine without docker: what the others have made is put into staging by hand. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { suite, test } from 'node:test';
import { endings, readReport } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { faultyRegistry, type Misbehaviour } from '../support/faultyRegistry.js';
import { putImage } from '../support/images.js';
import { run } from '../support/process.js';
import { changelogOf } from '../support/refused.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

interface Matrix {
  readonly id: string;
  readonly jobs: readonly {
    readonly images: readonly { readonly reference: string; readonly definition: string }[];
  }[];
}

/** `lib` and `top` of a tree that is published, and `mid` of one that is not; `top` is built on lib and takes of mid. */
function treesOn(host: string): ScratchTree {
  const image = (tree: string, name: string, from: string) => ({
    [`${tree}/${name}/changelog`]: changelogOf(name),
    [`${tree}/${name}/Dockerfile.template`]: `FROM ${from}\nCOPY changelog /\n`,
  });
  return scratchTree({
    'home/': '',
    'generate-bake.toml': `staging = "${host}/staging"\nplatforms = ["linux/amd64", "linux/arm64"]\n[[tree]]\ndirectory = "pub"\nconfig = "pub.yaml"\n[[tree]]\ndirectory = "loc"\nconfig = "loc.yaml"\n`,
    'pub.yaml': `registry: ${host}\nnamespace: pub\nusername: any\npassword: body\n`,
    'loc.yaml': "registry: ''\n",
    ...image('pub', 'lib', 'debian:13'),
    ...image('loc', 'mid', '{{ "lib" | image_tag }}'),
    ...image('pub', 'top', '{{ "lib" | image_tag }}\nCOPY --from=mid:1 /changelog /mid'),
  });
}

/** `PATH`: without docker, neither a client nor an engine, and without git. */
function runIn(tree: ScratchTree, args: readonly string[], PATH = '/nowhere') {
  const home = { HOME: tree.at('home'), XDG_STATE_HOME: tree.at('home') };
  return runCli(args, { cwd: tree.path, env: { ...home, PATH, DOCKER_HOST: 'unix:///nowhere' } });
}

async function cut(tree: ScratchTree, path?: string): Promise<Matrix> {
  const args = ['matrix', '--format', 'json', '--output', 'matrix.json'];
  const made = await runIn(tree, args, path);
  assert.equal(made.status, 0, made.stderr);
  return JSON.parse(made.stdout) as Matrix;
}

/** Puts what a job would have made: an image of the definition that the matrix has for it. */
async function stage(
  { host }: Pick<Registry, 'host'>,
  { id, jobs }: Matrix,
  name: string,
  layers: readonly string[],
): Promise<void> {
  const image = jobs
    .flatMap(({ images }) => images)
    .find(({ reference }) => reference.endsWith(`/${name}:1`));
  assert.ok(image !== undefined, name);
  const { reference, definition } = image;
  const tag = `1-${hash('sha256', `${id} ${reference}`).slice(0, 16)}`;
  const labels = { 'io.github.generate-bake.definition': definition };
  await putImage({ host }, `staging/pub/${name}`, tag, { labels, layers });
}

const last = ['build', '--job', 'publish', '--matrix', 'matrix.json', '--report', 'report.json'];

suite('with a registry', { skip }, () => {
  test('it needs no docker, and what is of a tree that publishes nothing is not its business', async () => {
    const store = await registry();
    const tree = treesOn(store.host);
    const matrix = await cut(tree);
    await stage(store, matrix, 'lib', ['base']);
    await stage(store, matrix, 'top', ['base', 'more']);
    const done = await runIn(tree, last);
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stderr, /^2 images to publish$/m);
    assert.match(done.stderr, /^2 published, latest moved for 2 in \S+$/m);
    const report = readReport(tree.at('report.json'));
    assert.deepEqual(endings(report), { published: ['lib:1', 'top:1'], untouched: ['mid:1'] });
    assert.ok(!('engine' in report));
    const again = await runIn(tree, last);
    assert.deepEqual([again.status, again.stdout], [0, '']);
    assert.match(again.stderr, /^nothing to do$/m);
    assert.doesNotMatch(again.stderr, /not published|not finished/);
    await store.stop();
  });

  test('staging that cannot be read ends it with 3, and everything else is published', async () => {
    const store = await registry();
    let behave = (_: string): Misbehaviour => 'pass';
    const door = await faultyRegistry(({ path }) => behave(path), { behind: store.host });
    const tree = treesOn(door.host);
    const matrix = await cut(tree);
    await stage(store, matrix, 'lib', ['base']);
    await stage(store, matrix, 'top', ['base', 'more']);
    behave = (path) => (path.startsWith('/v2/staging/pub/top/') ? { status: 403 } : 'pass');
    const part = await runIn(tree, last);
    assert.equal(part.status, 3, part.stderr);
    assert.match(part.stderr, /\/top:1: skipped: it cannot be read from staging: \S+ answers 403/);
    assert.match(part.stderr, /^1 published, latest moved for 1, 1 skipped in \S+$/m);
    assert.deepEqual(endings(readReport(tree.at('report.json'))), {
      published: ['lib:1'],
      skipped: ['top:1'],
      untouched: ['mid:1'],
    });
    behave = () => 'pass';
    const whole = await runIn(tree, last);
    assert.equal(whole.status, 0, whole.stderr);
    assert.match(whole.stderr, /^1 published, latest moved for 1 in \S+$/m);
    await door.stop();
    await store.stop();
  });

  test('what no job has made fails it, and so does what is built on another parent than the published one', async () => {
    const store = await registry();
    const tree = treesOn(store.host);
    const matrix = await cut(tree);
    const early = await runIn(tree, last);
    assert.equal(early.status, 1, early.stderr);
    assert.match(early.stderr, /lib:1: FAILED to publish: job 1\/1 of the matrix has not made it/);
    assert.match(early.stderr, /top:1: skipped: parent \S+\/lib:1 failed, so it is not published/);
    assert.match(
      early.stderr,
      /^next: fix that, run the jobs of what is not there again, then this/m,
    );
    await putImage(store, 'pub/lib', '1', { layers: ['published before'] });
    await stage(store, matrix, 'lib', ['base']);
    await stage(store, matrix, 'top', ['base', 'more']);
    const astray = await runIn(tree, last);
    assert.equal(astray.status, 1, astray.stderr);
    assert.match(
      astray.stderr,
      /top:1: FAILED to publish: what is staged is built on another \S+\/pub\/lib:1 than the published one: cut the matrix again with --unpublished/,
    );
    await store.stop();
  });

  test('a job makes no newer root file system than the matrix has', async () => {
    const { PATH } = process.env;
    const store = await registry();
    const recipe = 'suite = "bookworm"\nmirrors = ["https://mirror.invalid/debian"]\n';
    const tree = scratchTree({
      'home/': '',
      'generate-bake.toml': `staging = "${store.host}/staging"\n[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n`,
      'config.yaml': `registry: ${store.host}\n`,
      'images/root/rootfs.toml': `${recipe}timestamp = "2026-10-01"\n`,
    });
    assert.equal((await run('git', ['init', '--quiet', tree.path])).status, 0);
    const planned = await runIn(tree, ['plan'], PATH);
    const [made = ''] = /rootfs\/20261001-[0-9a-f]{12}/.exec(planned.stdout) ?? [];
    assert.notEqual(made, '', planned.stderr);
    const at = `images/root/.generate-bake/${made}`;
    tree.write({
      // Without a timestamp it is of the newest that there is, and that is as old as makes a build make another.
      'images/root/rootfs.toml': recipe,
      'images/root/.generate-bake/.gitignore': '*\n',
      [`${at}/rootfs.tar`]: 'archive',
      [`${at}/made.json`]: JSON.stringify({ bytes: 7, sha256: hash('sha256', 'archive') }),
    });
    const matrix = await cut(tree, PATH);
    assert.match(JSON.stringify(matrix), /\/root:20261001"/);
    const done = await runIn(tree, last, PATH);
    assert.equal(done.status, 1, done.stderr);
    assert.match(
      done.stderr,
      /^\S+\/root:20261001: FAILED to publish: job 1\/1 of the matrix has/m,
    );
    assert.doesNotMatch(done.stderr, /making the root file|was not made/);
    await store.stop();
  });
});
