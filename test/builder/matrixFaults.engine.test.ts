/** Jobs of a matrix and the last one over a registry in trouble, below a path. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { root } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { privateEngine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { type Asked, faultyRegistry, type Misbehaviour } from '../support/faultyRegistry.js';
import { putImage } from '../support/images.js';
import { onParents } from '../support/onParents.js';

test('a last job that is killed is taken up by the next; what the registry refuses costs its image', async () => {
  const engine = await privateEngine();
  const store = await registry();
  let behave: (asked: Asked) => Misbehaviour = () => 'pass';
  let meanwhile: (asked: Asked) => Promise<void> = async () => {};
  const door = await faultyRegistry((asked) => behave(asked), {
    behind: store.host,
    meanwhile: (asked) => meanwhile(asked),
    delayMs: ({ method, path }) => (method === 'PUT' && isPublished(path) ? 300 : 0),
  });
  const base = `${store.host}/base:1`;
  await loadBase(engine, base);
  const images: Record<string, Sketch[string]> = {
    lib: { dockerfile: `FROM ${base}\nRUN echo lib > /lib\n` },
  };
  const parents = new Map<string, string>();
  for (let at = 1; at <= 6; at++) {
    images[`app${at}`] = { dockerfile: `FROM {{ "lib" | image_tag }}\nRUN echo ${at} > /app\n` };
    parents.set(`team/prod/app${at}`, 'team/prod/lib');
  }
  const config = { registry: door.host, namespace: 'team/prod', username: 'any', password: 'body' };
  const tree = buildTree(engine, config, images);
  const cut = await tree.run('matrix', '--max-jobs', '3', '--format', 'json');
  assert.equal(cut.status, 0, cut.stderr);
  tree.write({ 'work/matrix.json': cut.stdout });
  const jobs: readonly { readonly job: string }[] = JSON.parse(cut.stdout).jobs;
  const job = (name: string) => [
    ...['--job', name, '--matrix', 'matrix.json', '--retries', '1'],
    ...['--staging', `${door.host}/team/staging`, '--report', 'report.json'],
  ];

  const [first] = jobs;
  assert.ok(first !== undefined);
  behave = ({ method }) => (method === 'GET' || method === 'HEAD' ? 'pass' : { status: 403 });
  const refused = await tree.run('build', ...job(first.job));
  assert.equal(refused.status, 1, refused.stderr);
  assert.match(refused.stderr, /^\S+\/lib:1: FAILED to stage: /m);
  assert.doesNotMatch(refused.stderr, /overwrite-published/);

  behave = () => 'pass';

  // Another run of the same job comes first, once this one has asked what is there.
  const twice = await tree.run('matrix', '--max-jobs', '3', '--output', 'twice.json');
  assert.equal(twice.status, 0, twice.stderr);
  let asked = 0;
  let rival = '';
  meanwhile = async ({ path }) => {
    const [, name, tag] = /^\/v2\/(team\/staging\/\S+)\/manifests\/(\S+)$/.exec(path) ?? [];
    if (name !== undefined && tag !== undefined && ++asked === 2) {
      rival = await putImage(store, name, tag);
    }
  };
  const met = await tree.run('build', ...job(first.job), '--matrix', 'twice.json');
  assert.equal(met.status, 1, met.stderr);
  const other = `another run of this job has staged another image meanwhile (${rival}); run the job again`;
  assert.ok(met.stderr.includes(`/lib:1: FAILED to stage: ${other}`), met.stderr);
  meanwhile = async () => {};
  for (const { job: name } of jobs) {
    const done = await tree.run('build', ...job(name));
    assert.equal(done.status, 0, done.stderr);
  }
  const published = () =>
    store.requests().filter(({ method, path }) => method === 'PUT' && isPublished(path)).length;
  assert.equal(published(), 0);

  const words = ['build', ...job('publish'), '-c', 'config.yaml', 'images'];
  const running = spawn(process.execPath, [join(root, 'bin/generate-bake.js'), ...words], {
    cwd: tree.at('work'),
    env: tree.env,
    stdio: 'ignore',
  });
  const ended = once(running, 'exit');
  for (let tries = 0; published() < 2; tries++) {
    assert.ok(tries < 600 && running.exitCode === null, 'nothing is published');
    await sleep(20);
  }
  running.kill('SIGKILL');
  await ended;
  assert.ok(published() < 7, 'it was killed in the middle');

  const there = new Set(
    store
      .requests()
      .filter(({ method }) => method === 'PUT')
      .map(({ path }) => path),
  );
  const missing = Object.keys(images).findLast((name) => !there.has(manifestOf(name)));
  assert.ok(missing !== undefined);
  behave = ({ method, path }) =>
    method === 'PUT' && path.startsWith(manifestOf(missing)) ? { status: 401 } : 'pass';
  const next = await tree.run('build', ...job('publish'));
  assert.equal(next.status, 1, next.stderr);
  const all = endings(readReport(tree.at('work/report.json')));
  assert.deepEqual(all.failed, [`${missing}:1`], next.stderr);
  assert.deepEqual(all.skipped, undefined);
  let faults = 0;
  behave = ({ method, path }) =>
    method === 'PUT' && isPublished(path) && ++faults === 1 ? { status: 500 } : 'pass';
  const last = await tree.run('build', ...job('publish'));
  assert.equal(last.status, 0, last.stderr);
  await onParents(store, parents);
  for (const name of Object.keys(images)) {
    const digests = await Promise.all(
      ['1', 'latest'].map(async (tag) => {
        const answer = await fetch(`http://${store.host}/v2/team/prod/${name}/manifests/${tag}`, {
          method: 'HEAD',
          headers: {
            accept:
              'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
          },
        });
        return answer.headers.get('docker-content-digest');
      }),
    );
    assert.ok(digests[0] !== null && digests[0] === digests[1], `${name}: ${digests.join(' ')}`);
  }
  const again = await tree.run('build', ...job('publish'), '--quiet');
  assert.equal(`${again.status}${again.stderr}`, '0');
  await engine.remove();
  await door.stop();
  await store.stop();
});

function manifestOf(name: string): string {
  return `/v2/team/prod/${name}/manifests/1`;
}

function isPublished(path: string): boolean {
  return /^\/v2\/team\/prod\/[^/]+\/manifests\//.test(path);
}
