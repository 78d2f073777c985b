/**
 * A build cut into the jobs of a CI system, one after the other on this machine: each in a clone of its own, on an engine
 * that was emptied. What came of it is read from the registry alone.
 */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import type { Engine } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { onParents } from '../support/onParents.js';
import { must } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

/** What the trees of the other benches are made from (bench/shape.ts). */
interface Shape {
  readonly name: string;
  readonly parents: readonly Shape[];
}

interface Matrix {
  readonly stages: number;
  readonly jobs: readonly {
    readonly job: string;
    readonly stage: number;
    readonly needs: readonly string[];
    readonly images: readonly { readonly reference: string }[];
  }[];
}

interface JobsRow {
  readonly what: string;
  readonly seconds: number;
  readonly against: string;
  readonly ratio?: number;
}

/** `GENERATE_BAKE_BENCH_IMAGES` images in 20 jobs; one of them fails. */
export async function jobs(engine: Engine, print: (row: JobsRow) => void): Promise<void> {
  const count = Number(process.env.GENERATE_BAKE_BENCH_IMAGES ?? 1000);
  const most = 20;
  const shapes = await shapesOf(count);
  const { failing, lost } = failingOf(shapes);
  const store = await registry();
  const base = `${store.host}/base:1`;
  await loadBase(engine, base);
  await engine.docker('push', '--quiet', base);
  const top = await committed(engine, store, sketchOf(shapes, base, failing));
  const machine = async () => {
    await emptied(engine);
    const place = scratchTree({ 'home/': '', 'state/': '', 'tmp/': '', 'locks/': '' });
    await must('git', ['clone', '--quiet', top, place.at('work')]);
    const env = {
      ...engine.env,
      HOME: place.at('home'),
      XDG_STATE_HOME: place.at('state'),
      TMPDIR: place.at('tmp'),
      GENERATE_BAKE_LOCK_DIRECTORY: place.at('locks'),
    };
    const cwd = place.at('work');
    return {
      place,
      run: (command: string, ...args: string[]) =>
        runCli([command, '-c', 'config.yaml', ...args, 'images'], { cwd, env }),
    };
  };

  const cutter = await machine();
  const cutting = performance.now();
  const file = 'matrix.json';
  const cut = await cutter.run(
    'matrix',
    ...['--unpublished', '--max-jobs', String(most), '--format', 'json', '--output', file],
  );
  assert.equal(cut.status, 0, cut.stderr);
  const matrix = JSON.parse(cut.stdout) as Matrix;
  const what = `${count} images as a matrix of ${matrix.jobs.length} jobs`;
  print({ what: `${what}: cut`, seconds: since(cutting), against: `${matrix.stages} stages` });

  const ends = new Map<string, number>();
  const stageEnds = new Map<number, number>();
  const buildMs = new Map<string, number>();
  let sum = 0;
  const inJob = async (name: string) => {
    const { place, run } = await machine();
    copyFileSync(cutter.place.at('work', file), place.at('work', file));
    const begun = performance.now();
    const done = await run(
      'build',
      ...['--job', name, '--matrix', file, '--staging', `${store.host}/staging`],
      ...['--report', 'report.json'],
    );
    const seconds = since(begun);
    const report = readReport(place.at('work/report.json'));
    place.remove();
    return { done, seconds, report };
  };
  for (const { job, stage, needs, images } of matrix.jobs) {
    const own = images.map(({ reference }) => nameOf(reference));
    const { done, seconds, report } = await inJob(job);
    const bad = own.filter((name) => lost.has(name));
    const ended = endings(report);
    const made = own.filter((name) => !lost.has(name)).map((name) => `${name}:1`);
    assert.deepEqual(ended.built ?? [], made.sort(), `${job}: ${done.stderr.slice(-4000)}`);
    // 3: a parent is not there, which an earlier job has not made.
    const status = own.includes(failing) ? 1 : bad.length > 0 ? 3 : 0;
    assert.equal(done.status, status, `${job}: ${done.stderr.slice(-4000)}`);
    for (const image of report.images) {
      buildMs.set(nameOf(image.reference), image.buildMs ?? 0);
    }
    sum += seconds;
    const begun = Math.max(0, ...needs.map((need) => ends.get(need) ?? 0));
    ends.set(job, begun + seconds);
    stageEnds.set(stage, Math.max(stageEnds.get(stage) ?? 0, seconds));
    const left = bad.length > 0 ? `, ${bad.length} not made` : '';
    print({
      what: `${what}: ${job}`,
      seconds,
      against: `stage ${stage}, ${own.length} images${left}`,
    });
  }
  const early = changesIn(store).filter((path) => !/^\/v2\/(?:staging\/|base\/)/.test(path));
  assert.deepEqual(early, [], 'nothing is published before the last job');

  const last = await inJob('publish');
  assert.equal(last.done.status, 1, last.done.stderr.slice(-4000));
  print({ what: `${what}: publish`, seconds: last.seconds, against: '' });
  const byStages = [...stageEnds.values()].reduce((all, each) => all + each, 0);
  const path = longestPath(shapes, buildMs) / 1000;
  const bound = Math.max(sum / most, path);
  const against = `the ${most}th part of all jobs is ${(sum / most).toFixed(1)} s, the longest path ${path.toFixed(1)} s`;
  const ways = { 'a job waits for its needs': Math.max(...ends.values()), 'stages wait': byStages };
  const jobOf = new Map(
    matrix.jobs.flatMap(({ job, images }) =>
      images.map(({ reference }) => [nameOf(reference), job] as const),
    ),
  );
  await published(store, shapes, lost, jobOf);
  for (const [how, seconds] of Object.entries(ways)) {
    print({ what: `${what}: ${most} machines, ${how}`, seconds, against, ratio: seconds / bound });
  }
  await store.stop();
}

/** Whether the registry has what it should, and nothing else. */
async function published(
  store: Registry,
  shapes: readonly Shape[],
  lost: ReadonlySet<string>,
  jobOf: ReadonlyMap<string, string>,
): Promise<void> {
  const made = shapes.filter(({ name }) => !lost.has(name));
  const own = (await catalog(store)).filter((name) => !/^(?:staging\/|base$)/.test(name));
  assert.deepEqual(own.sort(), made.map(({ name }) => name).sort());
  for (const { name } of made) {
    const { tags } = (await get(store, `${name}/tags/list`)) as { tags: string[] };
    assert.deepEqual(tags.sort(), ['1', 'latest'], name);
  }
  const parents = made.flatMap(({ name, parents: [first] }) =>
    first === undefined ? [] : [[name, first.name] as const],
  );
  await onParents(store, new Map(parents), (name, parent) => jobOf.get(name) === jobOf.get(parent));
}

/** All repositories, page by page. */
async function catalog(store: Registry): Promise<readonly string[]> {
  const all: string[] = [];
  for (;;) {
    const last = encodeURIComponent(all.at(-1) ?? '');
    const page = (await get(store, `_catalog?n=500&last=${last}`)) as { repositories: string[] };
    if (page.repositories.length === 0) {
      return all;
    }
    all.push(...page.repositories);
  }
}

async function get({ host }: Registry, path: string): Promise<unknown> {
  return (await fetch(`http://${host}/v2/${path}`)).json();
}

/** Paths of what was asked for that changes something. */
function changesIn(store: Registry): readonly string[] {
  return store
    .requests()
    .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    .map(({ path }) => path);
}

async function shapesOf(count: number): Promise<readonly Shape[]> {
  const file = new URL('../../.bench-build/shape.js', import.meta.url).href;
  const { shape } = (await import(file)) as {
    readonly shape: (
      count: number,
      trees: readonly (readonly [string, number])[],
    ) => readonly Shape[];
  };
  // What most trees have and the shape has not: one image that all others are built on.
  const root: Shape = { name: 'root', parents: [] };
  const others = shape(count - 1, [['images', count - 1]]);
  const rooted = new Map<Shape, Shape>();
  for (const one of others) {
    const parents = one.parents.flatMap((parent) => rooted.get(parent) ?? []);
    rooted.set(one, { name: one.name, parents: parents.length === 0 ? [root] : parents });
  }
  return [root, ...rooted.values()];
}

/** The image of which most others are built that is not more than a 20th of all, and they. */
function failingOf(shapes: readonly Shape[]): {
  readonly failing: string;
  readonly lost: ReadonlySet<string>;
} {
  const below = new Map<string, Set<string>>(shapes.map(({ name }) => [name, new Set([name])]));
  for (const { name, parents } of shapes.toReversed()) {
    for (const parent of parents) {
      for (const one of below.get(name) ?? []) {
        below.get(parent.name)?.add(one);
      }
    }
  }
  const [[failing, lost] = ['', new Set<string>()]] = [...below]
    .filter(([, { size }]) => size > 1 && size <= shapes.length / 20)
    .sort(([, a], [, b]) => b.size - a.size);
  assert.notEqual(failing, '');
  return { failing, lost };
}

function sketchOf(shapes: readonly Shape[], base: string, failing: string): Sketch {
  const images: Record<string, Sketch[string]> = {};
  for (const [at, { name, parents }] of shapes.entries()) {
    const [from, ...others] = parents.map((parent) => `{{ "${parent.name}" | image_tag }}`);
    const copies = others.map((other) => `COPY --from=${other} /it /of-${at}`);
    const run = name === failing ? ['RUN false'] : at % 10 === 0 ? ['RUN echo it > /ran'] : [];
    const lines = [`FROM ${from ?? base}`, 'COPY it /it', ...copies, ...run];
    images[name] = { dockerfile: `${lines.join('\n')}\n`, files: { it: `${name}\n` } };
  }
  return images;
}

/** A git repository of the tree. */
async function committed(engine: Engine, { host }: Registry, images: Sketch): Promise<string> {
  const config = { registry: host, username: 'any', password: 'body' };
  const tree = buildTree(engine, config, images);
  const top = tree.at('work');
  const git = ['-C', top, '-c', 'user.name=Test Er', '-c', 'user.email=test@example.org'];
  await must('git', ['init', '--quiet', top]);
  await must('git', [...git, 'add', '--all']);
  await must('git', [...git, 'commit', '--quiet', '-m', 'a tree']);
  return top;
}

async function emptied(engine: Engine): Promise<void> {
  await engine.docker('system', 'prune', '--all', '--force');
  await engine.docker('builder', 'prune', '--all', '--force');
  assert.equal(await engine.docker('image', 'ls', '--all', '--quiet'), '');
}

const nameOf = (reference: string): string => reference.replace(/^.*\//, '').replace(/:[^:]*$/, '');

/** The chain of images that took longest to build, in milliseconds. */
function longestPath(shapes: readonly Shape[], own: ReadonlyMap<string, number>): number {
  const ends = new Map<string, number>();
  for (const { name, parents } of shapes) {
    const above = Math.max(0, ...parents.map((parent) => ends.get(parent.name) ?? 0));
    ends.set(name, above + (own.get(name) ?? 0));
  }
  return Math.max(0, ...ends.values());
}

function since(start: number): number {
  return (performance.now() - start) / 1000;
}
