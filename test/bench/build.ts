/**
 * What building costs: `npm run bench:build`. Runs the real program on a real engine and a real
 * registry, and prints times as ratios to what they are held against in the same run, since
 * machines differ. Words choose parts: `npm run bench:build -- one-step depth`. It judges nothing.
 */
import { loadavg } from 'node:os';
import { eachOf } from '#adapters/registry/pool.js';
import { buildTree, type Sketch } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { type Engine, prepareEngines, privateEngine } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { remoteBuilder } from '../support/engine/remote.js';
import { createRun, removeRun, runVariable } from '../support/engine/run.js';
import { putImage } from '../support/images.js';
import { must } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';
import { jobs } from './jobs.js';

interface Row {
  readonly what: string;
  readonly seconds: number;
  readonly against: string;
  readonly ratio?: number;
}

/** As soon as it is known: a bench of minutes may be stopped. */
function print({ what, seconds, against, ratio }: Row): void {
  console.log(`| ${what} | ${seconds.toFixed(1)} s | ${ratio?.toFixed(2) ?? ''} | ${against} |`);
}

const base = 'bench/base:1';
const secondsSince = (start: number): number => (performance.now() - start) / 1000;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return secondsSince(start);
}

/**
 * 200 images of one step, and the same 200 Dockerfiles through `docker build`, one by one: once
 * with a step that copies a file, once with one that runs a command, where the engine's own work
 * (a network, a container) is most of the time. bake alone, in waves of 40, shows how much.
 */
async function oneStep(engine: Engine): Promise<void> {
  const steps = {
    COPY: (at: number): string => `COPY it /it${at}`,
    RUN: (at: number): string => `RUN echo ${at} > /${at}`,
  };
  const count = 200;
  for (const [kind, step] of Object.entries(steps)) {
    const dockerfile = (at: number, from: string): string => `FROM ${from}\n${step(at)}\n`;
    // Other bases, so that the cache of one way answers nothing in the others.
    const ours = await otherBase(engine);
    const bakes = await otherBase(engine);
    const theirs = await otherBase(engine);
    const sketch = (from: string): Sketch => {
      const images: Record<string, Sketch[string]> = {};
      for (let at = 0; at < count; at++) {
        images[`one${at}`] = { dockerfile: dockerfile(at, from), files: { it: `${at}\n` } };
      }
      return images;
    };
    const folder = scratchTree();
    const oneByOne = await timed(async () => {
      for (let at = 0; at < count; at++) {
        folder.write({ Dockerfile: dockerfile(at, theirs), it: `${at}\n` });
        const args = ['build', '--quiet', '--tag', `bench/two${at}:1`, folder.path];
        await must('docker', args, { env: engine.env });
      }
    });
    const what = `${count} images of one ${kind}`;
    print({ what: `${what}: docker build, one by one`, seconds: oneByOne, against: '' });
    const row = (how: string, seconds: number): void =>
      print({
        what: `${what}: ${how}`,
        seconds,
        against: 'docker build, one by one',
        ratio: seconds / oneByOne,
      });
    const tree = buildTree(engine, { namespace: 'bench' }, sketch(ours));
    row('generate-bake build', await timed(() => ended(tree.run('build'), 0)));
    const other = buildTree(engine, { namespace: 'bake' }, sketch(bakes));
    row('docker buildx bake alone, calls of 40', await timed(() => bakeAlone(engine, other)));
  }
}

/** The plan of a tree through bake by itself, wave after wave. */
async function bakeAlone(engine: Engine, tree: ReturnType<typeof buildTree>): Promise<void> {
  const plan = await tree.run('plan', '--wave-size', '40');
  tree.write({ 'work/bake.json': plan.stdout });
  const { group }: { group: Record<string, unknown> } = JSON.parse(plan.stdout);
  const waves = Object.keys(group).filter((name) => name.startsWith('wave'));
  const env = { ...engine.env, BUILDX_GIT_INFO: '0', BUILDX_METADATA_PROVENANCE: 'disabled' };
  for (const wave of waves) {
    const args = ['buildx', 'bake', '--progress', 'quiet', '--file', 'bake.json', wave];
    await must('docker', args, { env, cwd: tree.at('work') });
  }
}

/** An image that differs from the base, and from every other one, by one file. */
async function otherBase(engine: Engine): Promise<string> {
  const name = `bench/other${bases++}:1`;
  const folder = scratchTree({ Dockerfile: `FROM ${base}\nCOPY salt /salt\n`, salt: name });
  await engine.docker('build', '--quiet', '--tag', name, folder.path);
  return name;
}
let bases = 0;

/** 50 images that take two seconds each, four levels deep: the critical path is 8 s. */
async function depth(engine: Engine): Promise<void> {
  const images: Record<string, Sketch[string]> = {};
  for (let at = 0; at < 50; at++) {
    const from = at < 12 ? base : `{{ "deep${at < 25 ? at - 12 : at - 13}" | image_tag }}`;
    images[`deep${at}`] = { dockerfile: `FROM ${from}\nRUN sleep 2\n` };
  }
  const tree = buildTree(engine, { namespace: 'bench' }, images);
  const seconds = await timed(() => ended(tree.run('build'), 0));
  const path = 8;
  print({
    what: '50 images of `RUN sleep 2`, depth 4',
    seconds,
    against: `the critical path of ${path} s`,
    ratio: seconds / path,
  });
}

/**
 * 48 images of one step that waits, 4 at once on each of one, two and three engines with the containerd image store: as docker
 * contexts, and as one context beside remote builders.
 */
async function builders(first: Engine): Promise<void> {
  const store = await registry();
  const far = ['--feature', 'containerd-snapshotter=true'];
  const engines = [];
  for (const name of ['one', 'two', 'three']) {
    const made = await privateEngine(first.kind, far);
    engines.push(made);
    const host = `host=${made.env.DOCKER_HOST}`;
    await must('docker', ['context', 'create', name, '--docker', host], { env: first.env });
  }
  const remotes = [await remoteBuilder(first), await remoteBuilder(first)];
  const staging = ['--staging', `${store.host}/staging`];
  const ways: readonly (readonly [how: string, names: readonly string[]])[] = [
    ['one context', ['one']],
    ['two contexts', ['one', 'two']],
    ['three contexts', ['one', 'two', 'three']],
    ['a context and a remote builder', ['one', remotes[0]?.name ?? '']],
    ['a context and two remote builders', ['one', ...remotes.map(({ name }) => name)]],
  ];
  let alone = 0;
  for (const [how, names] of ways) {
    const from = `${store.host}/base${bases++}:1`;
    await Promise.all(engines.map((one) => loadBase(one, from)));
    await engines[0]?.docker('push', '--quiet', from);
    const images: Record<string, Sketch[string]> = {};
    for (let at = 0; at < 48; at++) {
      images[`w${bases}x${at}`] = { dockerfile: `FROM ${from}\nRUN sleep 6 && echo ${at} > /it\n` };
    }
    const config = { registry: store.host, username: 'any', password: 'body' };
    const tree = buildTree(first, config, images);
    const words = [...names.flatMap((name) => ['--builder', name]), '--jobs', '4'];
    const all = names.length > 1 ? [...words, ...staging] : words;
    const seconds = await timed(() => ended(tree.run('build', ...all), 0));
    alone ||= seconds;
    const load = loadavg()[0]?.toFixed(1);
    print({
      what: `48 images of \`RUN sleep 6\`, ${how} (load ${load})`,
      seconds,
      against: `one context: ${(alone / seconds).toFixed(2)} times as fast`,
      ratio: seconds / alone,
    });
  }
  for (const one of [...remotes, ...engines]) {
    await one.remove();
  }
  await store.stop();
}

function thousandImages({ host }: Registry): Sketch {
  const images: Record<string, Sketch[string]> = {};
  for (let at = 0; at < 1000; at++) {
    const from = at < 20 ? `${host}/base:1` : `{{ "k${Math.floor(at / 8)}" | image_tag }}`;
    images[`k${at}`] = { dockerfile: `FROM ${from}\nCOPY it /it${at}\n`, files: { it: `${at}\n` } };
  }
  return images;
}

function configOf({ host }: Registry): Record<string, unknown> {
  return { registry: host, username: 'robot', password: 'geheim' };
}

/** 1,000 images in a tree, published; then again with nothing to do. */
async function thousand(engine: Engine): Promise<void> {
  const store = await registry({ users: { robot: 'geheim' } });
  await loadBase(engine, `${store.host}/base:1`);
  const tree = buildTree(engine, configOf(store), thousandImages(store));
  const first = await timed(() => ended(tree.run('build'), 0));
  print({ what: '1,000 images built and published', seconds: first, against: '' });
  const second = await timed(() => ended(tree.run('build'), 0));
  print({
    what: '1,000 published images, nothing to do',
    seconds: second,
    against: '10 s',
    ratio: second / 10,
  });
  await store.stop();
}

/** 1,000 published images, put there by hand, so that asking for them is all there is to measure. */
async function published(engine: Engine): Promise<void> {
  const store = await registry({ users: { robot: 'geheim' } });
  const tree = buildTree(engine, configOf(store), thousandImages(store));
  const plan = await tree.run('plan');
  const targets: Record<string, { tags: string[]; labels: Record<string, string> }> = JSON.parse(
    plan.stdout,
  ).target;
  const target = { host: store.host, user: 'robot', password: 'geheim' };
  await eachOf(Object.values(targets), 8, ({ tags: [tag = ''], labels }) => {
    const [name = '', version = ''] = tag.slice(store.host.length + 1).split(':');
    return putImage(target, name, version, { labels });
  });
  for (const what of ['the first time', 'again']) {
    const seconds = await timed(() => ended(tree.run('build'), 0));
    print({
      what: `1,000 published images asked for ${what}`,
      seconds,
      against: '10 s',
      ratio: seconds / 10,
    });
  }
  await store.stop();
}

/** 130 slow images in one call are more than a stock engine takes: the call is halved and repeated. */
async function tooMany(engine: Engine): Promise<void> {
  const images: Record<string, Sketch[string]> = {};
  for (let at = 0; at < 130; at++) {
    images[`wide${at}`] = { dockerfile: `FROM ${base}\nRUN sleep 3 && echo ${at} > /${at}\n` };
  }
  const tree = buildTree(engine, { namespace: 'bench' }, images);
  const seconds = await timed(() => ended(tree.run('build', '--wave-size', '0', '--info'), 0));
  print({ what: '130 images in one call, halved when it is too large', seconds, against: '' });
}

async function ended(run: ReturnType<ReturnType<typeof buildTree>['run']>, status: number) {
  const done = await run;
  if (done.status !== status) {
    throw new Error(done.stderr.slice(-4000));
  }
}

console.log('| what | time | ratio | to |\n|---|---:|---:|---|');
const parts = {
  'one-step': oneStep,
  depth,
  'too-many': tooMany,
  published,
  thousand,
  builders,
  jobs: (first: Engine): Promise<void> => jobs(first, print),
} as const;
const words = process.argv.slice(2);
const missing = await prepareEngines();
if (missing !== undefined) {
  throw new Error(missing);
}
const folder = createRun();
process.env[runVariable] = folder;
const engine = await privateEngine();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void removeRun(folder).then(() => process.exit(130)));
}
try {
  await loadBase(engine, base);
  for (const [name, part] of Object.entries(parts)) {
    if (words.length > 0 && !words.includes(name)) {
      continue;
    }
    process.stderr.write(`${name}, on ${engine.name}\n`);
    await part(engine);
  }
} finally {
  await engine.remove();
  await removeRun(folder);
}
