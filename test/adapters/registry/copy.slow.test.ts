/** Images that are copied between repositories of real registries; faults by a double in front of one. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type Copied, copyImage } from '#adapters/registry/copy.js';
import type { Credentials } from '#adapters/registry/credentials.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import type { Waits } from '#adapters/registry/waits.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { login } from '../../support/credentials.js';
import { registryProgram } from '../../support/engine/packages.js';
import { type Registry, registry } from '../../support/engine/registry.js';
import { type Asked, faultyRegistry, refusal } from '../../support/faultyRegistry.js';
import { digestOf, ociIndex, putImage, putManifest, type Target } from '../../support/images.js';
import { onlyLong } from '../../support/long.js';
import { run } from '../../support/process.js';
import { tokenService } from '../../support/tokenService.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';
const openssl = await run('openssl', ['version']).catch(() => undefined);
const noTokens = skip || (openssl?.status === 0 ? false : 'no openssl on this machine');
const amy = { user: 'amy', password: 'pa:ss wörd' };

function access(
  host: string,
  credentials: Credentials = { kind: 'none', mayPublish: false },
  waits?: Waits,
): RegistryAccess {
  return {
    host,
    credentials,
    insecure: false,
    environment: {},
    authorities: () => [],
    workers: 4,
    // A body that breaks off is noticed when its time is over.
    asking: {
      patience: { firstWaitMs: 10, slowRequestMs: 2_000 },
      ...(waits === undefined ? {} : { waits }),
    },
  };
}

interface Way {
  readonly from: RegistryAccess;
  readonly to: RegistryAccess;
  readonly digest: string;
  readonly signal?: AbortSignal;
}

/** Copies `staging/img` to `img:1`. */
function copy({ from, to, digest, signal }: Way): Promise<Copied> {
  return copyImage({
    from: {
      access: from,
      repository: `${from.host}/staging/img` as Repository,
      digest: digest as Digest,
    },
    to: { access: to, repository: `${to.host}/img` as Repository, tag: '1' },
    ...(signal === undefined ? {} : { signal }),
  });
}

function get({ host, user, password }: Target, path: string): Promise<Response> {
  const pair = Buffer.from(`${user}:${password}`).toString('base64');
  return fetch(`http://${host}/v2/img/${path}`, {
    headers: {
      accept: `${ociIndex}, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json`,
      ...(user === undefined ? {} : { authorization: `Basic ${pair}` }),
    },
  });
}

/** What a registry has under `img:REFERENCE`. */
async function textOf(target: Target, reference: string): Promise<string> {
  return (await get(target, `manifests/${reference}`)).text();
}

/** The requests of uploads, but those that ask for a mount alone. */
function sent(store: Registry): readonly string[] {
  return store
    .requests()
    .filter(({ method, path }) => /\/v2\/img\/blobs\/uploads\//.test(path) && method !== 'POST')
    .map(({ method }) => method);
}

function failureOf(copied: Copied): Extract<Copied, { kind: 'failed' }> {
  assert.equal(copied.kind, 'failed');
  return copied as Extract<Copied, { kind: 'failed' }>;
}

test('in one registry the blobs are mounted: none is sent', { skip }, async () => {
  const store = await registry();
  const digest = await putImage(store, 'staging/img', 'x', { layers: ['one', 'two'] });
  const own = access(store.host);
  assert.deepEqual(await copy({ from: own, to: own, digest }), { kind: 'copied', digest });
  assert.equal(digestOf(await textOf(store, '1')), digest);
  const mounts = store.requests().filter(({ path }) => path.includes('mount='));
  assert.deepEqual(
    mounts.map(({ method, status }) => `${method} ${status}`),
    ['POST 201', 'POST 201', 'POST 201'],
  );
  assert.deepEqual(sent(store), []);

  // Once more: all is there, and is not even mounted.
  assert.equal((await copy({ from: own, to: own, digest })).kind, 'copied');
  assert.equal(store.requests().filter(({ path }) => path.includes('mount=')).length, 3);
  await store.stop();
});

test('an index with two platforms and an attestation goes to a registry with a login, byte for byte', {
  skip,
}, async () => {
  const from = await registry();
  const to = await registry({ users: { amy: amy.password } });
  const entries = [];
  for (const [os, architecture] of [
    ['linux', 'amd64'],
    ['linux', 'arm64'],
    ['unknown', 'unknown'],
  ]) {
    const layers = ['shared', `of ${architecture}`];
    const digest = await putImage(from, 'staging/img', architecture ?? '', { layers, oci: true });
    const path = `http://${from.host}/v2/staging/img/manifests/${digest}`;
    const accept = 'application/vnd.oci.image.manifest.v1+json';
    const text = await (await fetch(path, { headers: { accept } })).text();
    const platform = { os, architecture };
    entries.push({ mediaType: accept, digest, size: text.length, platform });
  }
  const index = JSON.stringify(
    { schemaVersion: 2, mediaType: ociIndex, manifests: entries },
    null,
    3,
  );
  const digest = await putManifest(from, 'staging/img', 'index', ociIndex, index);

  const signs: string[] = [];
  const waits: Waits = {
    begin: (partner) => ({
      end: () => {},
      because: (reason) => signs.push(`${partner}: ${reason}`),
    }),
  };
  const mine = access(to.host, login(amy.user, amy.password), waits);
  assert.deepEqual(await copy({ from: access(from.host), to: mine, digest }), {
    kind: 'copied',
    digest,
  });
  const target = { host: to.host, ...amy };
  assert.equal(await textOf(target, '1'), index);
  for (const entry of entries) {
    const text = await textOf(target, entry.digest);
    assert.equal(digestOf(text), entry.digest);
    const { config, layers } = JSON.parse(text);
    for (const blob of [config, ...layers]) {
      assert.equal(digestOf(await (await get(target, `blobs/${blob.digest}`)).text()), blob.digest);
    }
  }
  assert.match(signs.at(-1) ?? '', /^copy to \S+: copying \S+ to \S+: 0\.0 of 0\.0 MB$/);

  const wrong = access(to.host, login(amy.user, 'wrong'));
  const refused = failureOf(await copy({ from: access(from.host), to: wrong, digest }));
  assert.match(refused.reason, new RegExp(`^${to.host} answers 401`));
  assert.equal(refused.transient, false);
  const locked = failureOf(await copy({ from: access(to.host), to: access(from.host), digest }));
  assert.match(locked.reason, new RegExp(`^${to.host} answers 401`));
  await from.stop();
  await to.stop();
});

test('a token for a mount may read the other repository', { skip: noTokens }, async () => {
  const service = await tokenService('amy:secret', 60);
  const store = await registry({ tokens: service.authority });
  const mine = access(store.host, login('amy', 'secret'));
  // Made elsewhere and copied there, since it is put without tokens.
  const from = await registry();
  const digest = await putImage(from, 'staging/img', 'x', { layers: ['one'] });
  const staged = await copyImage({
    from: {
      access: access(from.host),
      repository: `${from.host}/staging/img` as Repository,
      digest: digest as Digest,
    },
    to: { access: mine, repository: `${store.host}/staging/img` as Repository, tag: 'x' },
  });
  assert.equal(staged.kind, 'copied');
  const before = service.given.length;
  assert.deepEqual(await copy({ from: mine, to: mine, digest }), { kind: 'copied', digest });
  assert.deepEqual(sent(store), []);
  const given = service.given.slice(before);
  const mount = given.lastIndexOf('repository:staging/img:pull');
  assert.equal(given[mount - 1], 'repository:img:pull,push', given.join(' '));
  await service.stop();
  await from.stop();
  await store.stop();
});

test('where a mount is refused or not done, the blobs are sent', { skip }, async () => {
  const ways: readonly ((asked: Asked) => 'pass' | ReturnType<typeof refusal>)[] = [
    () => refusal(403, 'DENIED'),
    () => refusal(405, 'UNSUPPORTED'),
    // A registry that answers 202: it is not asked to mount.
    (asked) => {
      Object.assign(asked, { path: asked.path.replace(/\?.*/, '') });
      return 'pass';
    },
  ];
  for (const way of ways) {
    const store = await registry();
    const digest = await putImage(store, 'staging/img', 'x', { layers: ['one'] });
    const gate = await faultyRegistry(
      (asked) => (asked.path.includes('mount=') ? way(asked) : 'pass'),
      { behind: store.host },
    );
    const own = access(gate.host);
    assert.deepEqual(await copy({ from: own, to: own, digest }), { kind: 'copied', digest });
    assert.equal(digestOf(await textOf(store, '1')), digest);
    assert.deepEqual(sent(store), ['PUT', 'PUT']);
    await gate.stop();
    await store.stop();
  }
});

test('a blob that breaks off is asked for again; its upload is cancelled', { skip }, async () => {
  const from = await registry();
  const to = await registry();
  const layer = randomBytes(5_000).toString('hex');
  const digest = await putImage(from, 'staging/img', 'x', { layers: [layer] });
  let cut = 0;
  const gate = await faultyRegistry(
    ({ method, path }) =>
      method === 'GET' && path.endsWith(digestOf(layer)) && cut++ === 0 ? 'cut' : 'pass',
    { behind: from.host },
  );
  const copied = await copy({ from: access(gate.host), to: access(to.host), digest });
  assert.deepEqual(copied, { kind: 'copied', digest });
  assert.equal(cut, 2);
  // The registry may have given the upload up by itself: then it answers 404.
  assert.equal(to.requests().filter(({ method }) => method === 'DELETE').length, 1);
  await gate.stop();
  await from.stop();
  await to.stop();
});

test('bytes that are not the blob get nowhere', { skip }, async () => {
  const from = await registry();
  const to = await registry();
  const digest = await putImage(from, 'staging/img', 'x', { layers: ['good'] });
  for (const [body, reason] of [
    ['evil', 'the bytes of a layer do not make its digest'],
    ['evil, and longer', 'a layer is larger than its manifest says'],
    ['no', 'the bytes of a layer do not make its digest'],
  ] as const) {
    const gate = await faultyRegistry(
      ({ method, path }) =>
        method === 'GET' && path.endsWith(digestOf('good')) ? { status: 200, body } : 'pass',
      { behind: from.host },
    );
    const copied = failureOf(await copy({ from: access(gate.host), to: access(to.host), digest }));
    assert.equal(copied.reason, `${gate.host} does not answer as a registry does: ${reason}`);
    await gate.stop();
  }
  assert.equal((await get(to, 'manifests/1')).status, 404);
  assert.equal((await get(to, `blobs/${digestOf('good')}`)).status, 404);
  await from.stop();
  await to.stop();
});

test('a part that the source lacks, and one that the target refuses, are named', {
  skip,
}, async () => {
  const from = await registry();
  const to = await registry();
  const digest = await putImage(from, 'staging/img', 'x', { layers: ['one'] });
  const lacking = await faultyRegistry(
    ({ path }) => (path.endsWith(digestOf('one')) ? refusal(404, 'BLOB_UNKNOWN') : 'pass'),
    { behind: from.host },
  );
  const absent = failureOf(await copy({ from: access(lacking.host), to: access(to.host), digest }));
  assert.equal(
    absent.reason,
    `${lacking.host} has an image that cannot be used: the registry lacks its part ${digestOf('one')}`,
  );
  const full = await faultyRegistry(
    ({ method }) => (method === 'PUT' ? refusal(403, 'DENIED', 'quota exceeded') : 'pass'),
    { behind: to.host },
  );
  const quota = failureOf(await copy({ from: access(from.host), to: access(full.host), digest }));
  assert.equal(quota.reason, `${full.host} answers 403: quota exceeded`);
  await lacking.stop();
  await full.stop();
  await from.stop();
  await to.stop();
});

test('whoever stops it is answered at once', { skip }, async () => {
  const from = await registry();
  const to = await registry();
  const digest = await putImage(from, 'staging/img', 'x', { layers: ['one'] });
  const stopping = new AbortController();
  const gate = await faultyRegistry(
    ({ method }) => {
      if (method !== 'PUT') {
        return 'pass';
      }
      setTimeout(() => stopping.abort(), 50);
      return 'hang';
    },
    { behind: to.host },
  );
  const started = performance.now();
  const { signal } = stopping;
  const copied = await copy({ from: access(from.host), to: access(gate.host), digest, signal });
  assert.equal(failureOf(copied).reason, 'stopped');
  assert.ok(performance.now() - started < 2_000);
  assert.ok(gate.asked.some(({ method }) => method === 'DELETE'));
  await gate.stop();
  await from.stop();
  await to.stop();
});

test('a login is not sent to another host that takes uploads', { skip }, async () => {
  const from = await registry();
  const digest = await putImage(from, 'staging/img', 'x', { layers: ['one'] });
  const other = await faultyRegistry(() => ({ status: 201 }));
  const to = await faultyRegistry(({ method, path }) => {
    if (path === '/v2/') {
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="tests"' } };
    }
    if (method === 'POST') {
      return { status: 202, headers: { location: `http://${other.host}/place?state=a%3Db` } };
    }
    return method === 'PUT' ? { status: 201 } : refusal(404, 'BLOB_UNKNOWN');
  });
  const mine = access(to.host, login(amy.user, amy.password));
  const copied = await copy({ from: access(from.host), to: mine, digest });
  assert.deepEqual(copied, { kind: 'copied', digest });
  const layer = other.asked.find(({ body }) => body === 'one');
  assert.equal(layer?.path, `/place?state=a%3Db&digest=${encodeURIComponent(digestOf('one'))}`);
  assert.deepEqual(
    other.asked.map(({ headers }) => headers.authorization),
    [undefined, undefined],
  );
  assert.ok(to.asked.some(({ headers }) => headers.authorization !== undefined));
  await to.stop();
  await other.stop();
  await from.stop();
});

test('a layer that others give by URL is not copied', { skip }, async () => {
  const from = await registry();
  const to = await registry();
  const made = await putImage(from, 'staging/img', 'x', { layers: ['one'] });
  const type = 'application/vnd.docker.distribution.manifest.v2+json';
  const read = await fetch(`http://${from.host}/v2/staging/img/manifests/${made}`, {
    headers: { accept: type },
  });
  const manifest = JSON.parse(await read.text());
  manifest.layers.unshift({
    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    digest: digestOf('windows'),
    size: 7,
    urls: ['https://example.org/windows'],
  });
  // Debian's registry takes no such layer as it is configured: doubles do.
  const body = JSON.stringify(manifest);
  const digest = digestOf(body);
  const source = await faultyRegistry(
    ({ path }) =>
      path.endsWith(`/manifests/${digest}`)
        ? { status: 200, headers: { 'content-type': type }, body }
        : 'pass',
    { behind: from.host },
  );
  const target = await faultyRegistry(
    ({ path }) => (path.endsWith('/manifests/1') ? { status: 201 } : 'pass'),
    { behind: to.host },
  );
  const copied = await copy({ from: access(source.host), to: access(target.host), digest });
  assert.deepEqual(copied, { kind: 'copied', digest });
  assert.equal(target.asked.at(-1)?.body, body);
  const asked = [...source.asked, ...target.asked];
  assert.ok(!asked.some(({ path }) => path.includes(digestOf('windows'))));
  await source.stop();
  await target.stop();
  await from.stop();
  await to.stop();
});

test('a layer of 200 MB passes through without being held', {
  skip: skip || onlyLong,
}, async () => {
  const from = await registry();
  const to = await registry();
  const part = randomBytes(10_000_000);
  const hash = createHash('sha256');
  const base = `http://${from.host}`;
  const begun = await fetch(`${base}/v2/staging/img/blobs/uploads/`, { method: 'POST' });
  let place = new URL(begun.headers.get('location') ?? '', base);
  for (let count = 0; count < 20; count++) {
    hash.update(part);
    const sent = await fetch(place, { method: 'PATCH', body: part });
    place = new URL(sent.headers.get('location') ?? '', base);
  }
  const big = `sha256:${hash.digest('hex')}`;
  place.searchParams.set('digest', big);
  assert.equal((await fetch(place, { method: 'PUT' })).status, 201);
  await putImage(from, 'staging/img', 'x', { layers: ['one'] });
  const type = 'application/vnd.docker.distribution.manifest.v2+json';
  const read = await fetch(`${base}/v2/staging/img/manifests/x`, { headers: { accept: type } });
  const manifest = JSON.parse(await read.text());
  manifest.layers.push({ ...manifest.layers[0], digest: big, size: 20 * part.length });
  const digest = await putManifest(from, 'staging/img', 'big', type, JSON.stringify(manifest));

  const before = process.memoryUsage().arrayBuffers;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }, 20);
  const copied = await copy({ from: access(from.host), to: access(to.host), digest });
  clearInterval(timer);
  assert.deepEqual(copied, { kind: 'copied', digest });
  assert.ok(most - before < 64_000_000, `${(most - before) / 1e6} MB more`);
  await from.stop();
  await to.stop();
});
