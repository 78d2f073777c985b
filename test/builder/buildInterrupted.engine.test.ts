/** Ctrl-C, a killed engine and a restarted registry in the middle: run again, and all is as without. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BuildTree, buildTree, readReport, type Sketch } from '../support/buildTree.js';
import { root } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine, privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { type Registry, registry } from '../support/engine/registry.js';

/** Three levels of four; the images of the last take a while. */
function twelve(host: string, seconds: number): Sketch {
  const images: Record<string, Sketch[string]> = {};
  for (let at = 0; at < 12; at++) {
    const from = at < 4 ? `${host}/base:1` : `{{ "i${at - 4}" | image_tag }}`;
    const pause = at < 8 ? '' : `sleep ${seconds} && `;
    images[`i${at}`] = { dockerfile: `FROM ${from}\nRUN ${pause}echo ${at} > /${at}\n` };
  }
  return images;
}

interface Running {
  readonly process: ChildProcess;
  /** Everything on stderr so far. */
  said(): string;
  until(pattern: RegExp): Promise<void>;
  readonly status: Promise<number | null>;
}

function start(tree: BuildTree, ...args: string[]): Running {
  const bin = join(root, 'bin/generate-bake.js');
  const child = spawn(process.execPath, [bin, 'build', '-c', 'config.yaml', ...args, 'images'], {
    cwd: tree.at('work'),
    env: tree.env,
  });
  let text = '';
  child.stderr.on('data', (data) => {
    text += data;
  });
  const status = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    process: child,
    said: () => text,
    status,
    until: async (pattern) => {
      const end = Date.now() + 120_000;
      while (!pattern.test(text)) {
        if (Date.now() > end) {
          throw new Error(`no ${pattern} within two minutes\n${text}`);
        }
        if (child.exitCode !== null) {
          throw new Error(`ended before ${pattern}\n${text}`);
        }
        await sleep(20);
      }
    },
  };
}

/** Version tags that were put, in order. */
const versionsPut = (store: Registry): string[] =>
  store
    .requests()
    .filter(
      ({ method, path, status }) =>
        method === 'PUT' && status === 201 && /\/manifests\/1$/.test(path),
    )
    .map(({ path }) => path);

interface Stored {
  readonly digest: string;
  readonly layers: readonly string[];
}

async function stored({ host }: Registry, name: string): Promise<Stored | undefined> {
  const accept = 'application/vnd.docker.distribution.manifest.v2+json';
  const answer = await fetch(`http://${host}/v2/${name}/manifests/1`, { headers: { accept } });
  if (!answer.ok) {
    return undefined;
  }
  const manifest = (await answer.json()) as { layers: { digest: string }[] };
  return {
    digest: answer.headers.get('docker-content-digest') ?? '',
    layers: manifest.layers.map(({ digest }) => digest),
  };
}

async function allStored(store: Registry): Promise<Map<string, Stored>> {
  const found = new Map<string, Stored>();
  for (let at = 0; at < 12; at++) {
    const one = await stored(store, `i${at}`);
    if (one !== undefined) {
      found.set(`i${at}`, one);
    }
  }
  return found;
}

/** After a second run: everything is there, once, what was there before is unchanged, on its parent. */
async function assertContinued(store: Registry, before: Map<string, Stored>): Promise<void> {
  const after = await allStored(store);
  assert.equal(after.size, 12);
  for (const [name, { digest }] of before) {
    assert.equal(after.get(name)?.digest, digest, name);
  }
  for (let at = 4; at < 12; at++) {
    const parent = after.get(`i${at - 4}`)?.layers ?? [];
    assert.ok(parent.length > 0);
    assert.deepEqual(after.get(`i${at}`)?.layers.slice(0, parent.length), parent, `i${at}`);
  }
  const puts = versionsPut(store);
  assert.equal(new Set(puts).size, puts.length, puts.join('\n'));
  for (let at = 0; at < 12; at++) {
    const latest = await fetch(`http://${store.host}/v2/i${at}/manifests/latest`, {
      headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
    });
    assert.equal(latest.headers.get('docker-content-digest'), after.get(`i${at}`)?.digest);
  }
}

/** Processes that run in this tree's environment, by their command lines. */
function processesOf(tree: BuildTree): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (!environment.includes(`HOME=${tree.at('home')}`)) {
        return [];
      }
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
    } catch {
      return [];
    }
  });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} in the middle leaves nothing behind, and the next run goes on`, async () => {
    const docker = await engine();
    const store = await registry();
    await loadBase(docker, `${store.host}/base:1`);
    const config = { registry: store.host, username: 'any', password: 'body' };
    const images = twelve(store.host, 10);
    const tree = buildTree(docker, config, {
      ...images,
      i3: {
        dockerfile: images.i3?.dockerfile ?? '',
        test: 'docker run --rm --detach "$1" sleep 4000; sleep 4001 & sleep 4002',
      },
    });
    const running = start(tree, '--wave-size', '4', '--report', 'report.json');
    await running.until(/i[89]:1: building|i1[01]:1: building/);
    await running.until(/i[012]:1: published/);
    const containers = async () =>
      (await docker.docker('ps', '--quiet', '--filter', `ancestor=${store.host}/i3:1`)).length;
    while ((await containers()) === 0) {
      await sleep(50);
    }
    running.process.kill(signal);
    const started = Date.now();
    assert.equal(await running.status, 130, running.said());
    assert.ok(Date.now() - started < 15_000);
    assert.deepEqual(processesOf(tree), []);
    assert.equal(await containers(), 0);
    assert.deepEqual(readdirSync(tree.at('tmp')), []);
    const report = readReport(tree.at('work/report.json'));
    assert.equal(report.interrupted, true);
    assert.equal(report.exitCode, 130);
    assert.match(running.said(), /not finished/);
    assert.match(
      running.said(),
      /\d+ published.*\d+ not finished in .*\ninterrupted: run the same command again to continue\n$/s,
    );

    const before = await allStored(store);
    assert.ok(before.size >= 1 && before.size < 12, `${before.size} were published`);
    tree.sketch({
      ...twelve(store.host, 10),
      i3: { dockerfile: images.i3?.dockerfile ?? '', test: 'true' },
    });
    const again = await tree.run('build', '--fail-fast');
    assert.equal(again.status, 0, again.stderr);
    await assertContinued(store, before);
  });
}

test('the registry is restarted in the middle', async () => {
  const docker = await engine();
  const store = await registry();
  await loadBase(docker, `${store.host}/base:1`);
  const config = { registry: store.host, username: 'any', password: 'body' };
  const tree = buildTree(docker, config, twelve(store.host, 3));
  const running = start(tree, '--wave-size', '4');
  await running.until(/: published as/);
  await store.stop();
  await sleep(1_500);
  await store.restart();
  const status = await running.status;
  assert.ok(status === 0 || status === 1, running.said());
  const before = await allStored(store);
  const again = await tree.run('build');
  assert.equal(again.status, 0, again.stderr);
  await assertContinued(store, before);
});

test('the engine is killed in the middle', { skip: privateEngineMissing() ?? false }, async () => {
  const own = await privateEngine();
  const store = await registry();
  await loadBase(own, `${store.host}/base:1`);
  const config = { registry: store.host, username: 'any', password: 'body' };
  const tree = buildTree(own, config, twelve(store.host, 4));
  const running = start(tree, '--wave-size', '4', '--report', 'report.json');
  await running.until(/i[89]:1: building|i1[01]:1: building/);
  await own.kill();
  assert.equal(await running.status, 3, running.said());
  assert.match(running.said(), /the build was stopped: .*daemon/i);
  assert.deepEqual(processesOf(tree), []);
  const before = await allStored(store);
  await own.start();
  const again = await tree.run('build');
  assert.equal(again.status, 0, again.stderr);
  await assertContinued(store, before);
  await own.remove();
});
