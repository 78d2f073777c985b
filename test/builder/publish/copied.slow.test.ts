/** Versions that are published by a copy from another repository, in real registries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { type PushResult, pushImage } from '#builder/publish/push.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
import { registryProgram } from '../../support/engine/packages.js';
import { registry } from '../../support/engine/registry.js';
import { faultyRegistry, refusal } from '../../support/faultyRegistry.js';
import { putImage } from '../../support/images.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

function access(host: string): RegistryAccess {
  return {
    host,
    credentials: { kind: 'none', mayPublish: false },
    insecure: false,
    environment: {},
    authorities: () => [],
    workers: 1,
    asking: { patience: { firstWaitMs: 10 } },
  };
}

/** Publishes `img:1` from `staging/img`, and gives what came of it with the reasons of tries that failed. */
async function publish(
  host: string,
  digest: string,
  from = host,
): Promise<{ readonly result: PushResult; readonly pauses: readonly string[] }> {
  const client = new Registry(access(host));
  const pauses: string[] = [];
  const staged = {
    access: access(from),
    name: `${from}/staging/img@${digest}`,
    digest: digest as Digest,
  };
  const result = await pushImage(
    { kind: 'copy', from: staged },
    client,
    {
      reference: `${host}/img:1` as Reference,
      repository: `${host}/img` as Repository,
      version: '1',
      id: digest,
    },
    {
      overwrite: false,
      rival: (other) => `there is ${other}`,
      signs: false,
      retries: 2,
      timeoutMs: 60_000,
      signal: new AbortController().signal,
      redact: (text) => text,
      pause: async (_, reason) => {
        pauses.push(reason);
        return 0;
      },
    },
  );
  client.close();
  return { result, pauses };
}

test('a version is published by digest; once more it is there already; another is refused', {
  skip,
}, async () => {
  const store = await registry();
  const first = await putImage(store, 'staging/img', 'a', { layers: ['a'] });
  const second = await putImage(store, 'staging/img', 'b', { layers: ['b'] });
  const { result } = await publish(store.host, first);
  assert.ok(result.kind === 'pushed' && result.size !== undefined);
  assert.equal(result.digest, first);

  const before = store.requests().length;
  const again = await publish(store.host, first);
  assert.deepEqual(again.result, { ...result, kind: 'already' });
  assert.deepEqual(
    store
      .requests()
      .slice(before)
      .map(({ method, path }) => `${method} ${path}`),
    ['GET /v2/', 'GET /v2/img/manifests/1'],
  );

  const other = await publish(store.host, second);
  assert.deepEqual(other.result, {
    kind: 'failed',
    reason: `there is ${first}`,
  });
  await store.stop();
});

test('another machine that publishes while the layers are copied keeps the version', {
  skip,
}, async () => {
  const from = await registry();
  const store = await registry();
  const digest = await putImage(from, 'staging/img', 'a', { layers: ['a'] });
  let rival = '';
  // The rival comes with the last blob, and the manifest is on its way for longer than the tag is left alone.
  const late = await faultyRegistry(() => 'pass', {
    behind: store.host,
    meanwhile: async ({ method }) => {
      if (method === 'PUT' && rival === '') {
        rival = 'on its way';
        rival = await putImage(store, 'img', '1', { layers: ['rival'] });
      }
    },
    delayMs: ({ method, path }) => (method === 'PUT' && path.includes('/manifests/') ? 3_000 : 0),
  });
  const { result } = await publish(late.host, digest, from.host);
  assert.equal(result.kind, 'failed');
  assert.match(result.kind === 'failed' ? result.reason : '', new RegExp(`^there is ${rival}`));
  const accept = 'application/vnd.docker.distribution.manifest.v2+json';
  const kept = await fetch(`http://${store.host}/v2/img/manifests/1`, { headers: { accept } });
  assert.equal(kept.headers.get('docker-content-digest'), rival);
  for (const each of [late, from, store]) {
    await each.stop();
  }
});

test('a registry that fails for a while is tried again, one that refuses is not', {
  skip,
}, async () => {
  const store = await registry();
  const digest = await putImage(store, 'staging/img', 'a', { layers: ['a'] });
  let failures = 0;
  const ailing = await faultyRegistry(
    ({ path }) => (path.includes('/uploads/') && failures++ < 6 ? refusal(503, 'X') : 'pass'),
    { behind: store.host },
  );
  const { result, pauses } = await publish(ailing.host, digest);
  assert.equal(result.kind, 'pushed');
  assert.deepEqual(
    pauses.map((reason) => reason.replace(/:\d+/, '')),
    ['cannot copy the image: 127.0.0.1 answers 503'].slice(0, pauses.length),
  );
  const locked = await faultyRegistry(
    ({ method, path }) =>
      method === 'PUT' && path.includes('/manifests/') ? refusal(403, 'DENIED') : 'pass',
    { behind: store.host },
  );
  const other = await putImage(store, 'staging/img', 'b', { layers: ['b'] });
  const gone = await faultyRegistry(
    ({ path }) =>
      path.endsWith('/img/manifests/1') && !path.includes('staging')
        ? refusal(404, 'MANIFEST_UNKNOWN')
        : 'pass',
    { behind: locked.host },
  );
  const refused = await publish(gone.host, other);
  assert.equal(refused.result.kind, 'failed');
  assert.deepEqual(refused.pauses, []);
  await gone.stop();
  await locked.stop();
  await ailing.stop();
  await store.stop();
});
