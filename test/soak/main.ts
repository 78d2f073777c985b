/**
 * Builds random trees through random faults until all is published, and checks what must hold
 * however a run ended: `npm run soak [-- ROUNDS [SEED]]`. A round is a tree of up to 30 images; the
 * program is interrupted or killed, the engine killed, the registry stopped, images broken, at
 * random moments. It prints a line a round, and ends with 1 at the first thing that is wrong.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BuildTree, buildTree, type Sketch } from '../support/buildTree.js';
import { root } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { type PrivateEngine, prepareEngines, privateEngine } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { createRun, removeRun, runVariable } from '../support/engine/run.js';

type Random = () => number;

/** A small generator (mulberry32), so that a round can be repeated. */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const below = (random: Random, limit: number): number => Math.floor(random() * limit);

interface Made {
  readonly images: Sketch;
  /** The image each one's `FROM` names, where it is of the tree. */
  readonly baseOf: ReadonlyMap<string, string>;
}

function randomTree(random: Random, round: string, base: string): Made {
  const images: Record<string, Sketch[string]> = {};
  const baseOf = new Map<string, string>();
  const count = 8 + below(random, 23);
  for (let at = 0; at < count; at++) {
    const name = `i${at}`;
    const parent = at > 0 && random() < 0.8 ? `i${below(random, at)}` : undefined;
    if (parent !== undefined) {
      baseOf.set(name, parent);
    }
    const from = parent === undefined ? base : `{{ "${parent}" | image_tag }}`;
    const lines = [`FROM ${from}`];
    const other = at > 0 && random() < 0.3 ? below(random, at) : undefined;
    if (other !== undefined) {
      lines.push(`COPY --from={{ "i${other}" | image_tag }} /made${other} /taken${other}`);
    }
    lines.push(`RUN sleep 0.${below(random, 10)} && echo ${round} > /made${at}`);
    images[name] = {
      dockerfile: `${lines.join('\n')}\n`,
      ...(random() < 0.4 ? { test: `docker run --rm "$1" test -e /made${at}` } : {}),
    };
  }
  return { images, baseOf };
}

/** The tree with some tests that fail, of images that are not `published`: those would be drift. */
function broken(random: Random, images: Sketch, published: ReadonlyMap<string, unknown>): Sketch {
  const changed: Record<string, Sketch[string]> = {};
  for (const [name, image] of Object.entries(images)) {
    changed[name] = random() < 0.12 && !published.has(name) ? { ...image, test: 'exit 3' } : image;
  }
  return changed;
}

const faults = ['SIGINT', 'SIGTERM', 'SIGKILL', 'engine', 'registry', 'broken', 'none'] as const;

/** Ways to run that must come to the same. */
const manners = [
  [],
  [],
  ['--wave-size', '3'],
  ['--wave-size', '5'],
  ['--wave-size', '8'],
  ['--jobs', '3'],
  ['--verify-jobs', '4', '--retries', '0'],
  ['--fail-fast'],
] as const;

interface World {
  readonly engine: PrivateEngine;
  readonly store: Registry;
  readonly tree: BuildTree;
  readonly random: Random;
}

/** One run of `build` with one fault at a random moment; gives its exit status. */
async function runWith(fault: (typeof faults)[number], world: World): Promise<number | null> {
  const { engine, store, tree, random } = world;
  const bin = join(root, 'bin/generate-bake.js');
  const options = manners[below(random, manners.length)] ?? [];
  const child = spawn(process.execPath, [bin, 'build', '-c', 'config.yaml', ...options, 'images'], {
    cwd: tree.at('work'),
    env: tree.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  const status = new Promise<number | null>((resolve) => child.on('close', resolve));
  const ended = status.then(() => true);
  const early = await Promise.race([
    ended,
    sleep(500 + below(random, 5_500), false, { ref: false }),
  ]);
  if (!early) {
    if (fault === 'engine') {
      await engine.kill();
      await sleep(below(random, 1_500));
      await engine.start();
    } else if (fault === 'registry') {
      await store.stop();
      await sleep(below(random, 3_000));
      await store.restart();
    } else if (fault.startsWith('SIG')) {
      child.kill(fault as NodeJS.Signals);
    }
  }
  const code = await status;
  // Too early for the program to hear of it: nothing was begun.
  if (code === null && said === '') {
    return code;
  }
  const allowed: Record<string, readonly (number | null)[]> = {
    none: [0],
    SIGINT: [0, 130],
    SIGTERM: [0, 130],
    SIGKILL: [0, null],
    engine: [0, 1, 3],
    registry: [0, 1, 3],
    broken: [0, 1],
  };
  assert.ok(allowed[fault]?.includes(code), `${fault} ended with ${code}\n${said}`);
  assert.doesNotMatch(said, /at .*\.js:\d+|MaxListeners|geheim/);
  return code;
}

interface Stored {
  readonly digest: string;
  readonly layers: readonly string[];
}

const headers = {
  authorization: `Basic ${Buffer.from('robot:geheim').toString('base64')}`,
  accept: 'application/vnd.docker.distribution.manifest.v2+json',
};

async function stored(store: Registry, name: string, tag: string): Promise<Stored | undefined> {
  const answer = await fetch(`http://${store.host}/v2/${name}/manifests/${tag}`, { headers });
  if (!answer.ok) {
    return undefined;
  }
  const manifest = (await answer.json()) as { layers: { digest: string }[] };
  return {
    digest: answer.headers.get('docker-content-digest') ?? '',
    layers: manifest.layers.map(({ digest }) => digest),
  };
}

async function allStored(store: Registry, names: readonly string[]): Promise<Map<string, Stored>> {
  const found = new Map<string, Stored>();
  for (const name of names) {
    const one = await stored(store, name, '1');
    if (one !== undefined) {
      found.set(name, one);
    }
  }
  return found;
}

async function round(engine: PrivateEngine, seed: number): Promise<string> {
  const random = randomFrom(seed);
  const store = await registry({ users: { robot: 'geheim' } });
  await loadBase(engine, `${store.host}/base:1`);
  const config = { registry: store.host, username: 'robot', password: 'geheim' };
  const { images, baseOf } = randomTree(random, String(seed), `${store.host}/base:1`);
  const tree = buildTree(engine, config, images);
  const world = { engine, store, tree, random };
  const names = Object.keys(images);
  const history: string[] = [];
  let before = new Map<string, Stored>();
  for (let run = 0; run < 12; run++) {
    const fault = run >= 6 ? 'none' : (faults[below(random, faults.length)] ?? 'none');
    tree.sketch(fault === 'broken' ? broken(random, images, before) : images);
    for (const name of names) {
      if (images[name]?.test === undefined && (fault !== 'broken' || before.has(name))) {
        rmSync(tree.at(`work/images/${name}/test.sh`), { force: true });
      }
    }
    const code = await runWith(fault, world);
    const after = await allStored(store, names);
    history.push(`${fault}:${code ?? 'killed'}:${after.size}`);
    for (const [name, { digest }] of before) {
      assert.equal(after.get(name)?.digest, digest, `${name} changed; ${history.join(' ')}`);
    }
    before = after;
    if (code === 0 && fault !== 'broken') {
      break;
    }
  }
  const last = await allStored(store, names);
  assert.equal(last.size, names.length, history.join(' '));
  for (const [name, parent] of baseOf) {
    const above = last.get(parent)?.layers ?? [];
    assert.ok(above.length > 0);
    assert.deepEqual(last.get(name)?.layers.slice(0, above.length), above, `${name} on ${parent}`);
  }
  for (const name of names) {
    assert.equal((await stored(store, name, 'latest'))?.digest, last.get(name)?.digest, name);
  }
  const puts = store
    .requests()
    .filter(({ method, path, status }) => method === 'PUT' && status === 201 && /\/1$/.test(path))
    .map(({ path }) => path);
  assert.equal(new Set(puts).size, puts.length, `put twice; ${history.join(' ')}`);
  const quiet = await tree.run('build', '--quiet');
  assert.equal(`${quiet.status}${quiet.stdout}${quiet.stderr}`, '0');
  const left = readdirSync(tree.at('tmp')).filter((name) => name.includes('login'));
  assert.deepEqual(left, []);
  await store.stop();
  return `${names.length} images: ${history.join(' ')}`;
}

const [rounds = '5', first = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const missing = await prepareEngines();
if (missing !== undefined) {
  throw new Error(missing);
}
const folder = createRun();
process.env[runVariable] = folder;
const engine = await privateEngine();
try {
  for (let at = 0; at < Number(rounds); at++) {
    const seed = Number(first) + at;
    try {
      console.log(`${seed} ${await round(engine, seed)}`);
    } catch (cause) {
      console.error(`seed ${seed}: ${cause instanceof Error ? cause.stack : String(cause)}`);
      process.exitCode = 1;
      break;
    }
  }
} finally {
  await engine.remove();
  await removeRun(folder);
}
