/** States, labels and tags on Debian's docker-registry, with and without htpasswd. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { configCache } from '#adapters/registry/configCache.js';
import type { Credentials } from '#adapters/registry/credentials.js';
import { putTag, readTag } from '#adapters/registry/publish.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { askStates, type RegistryState } from '#adapters/registry/state.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { login } from '../../support/credentials.js';
import { registryProgram } from '../../support/engine/packages.js';
import { type Registry as RealRegistry, registry } from '../../support/engine/registry.js';
import { digestOf, ociIndex, putImage, putManifest } from '../../support/images.js';
import { scratchTree } from '../../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';
const amy = { user: 'amy', password: 'pa:ss wörd' };

function access(
  host: string,
  credentials: Credentials = { kind: 'none', mayPublish: false },
): RegistryAccess {
  return {
    host,
    credentials,
    insecure: false,
    environment: {},
    authorities: () => [],
    workers: 4,
  };
}

/** One image's state. */
async function stateOf(to: RegistryAccess, name: string, version: string): Promise<RegistryState> {
  const repository = `${to.host}/${name}` as Repository;
  const reference = `${repository}:${version}` as Reference;
  const states = await askStates([{ reference, repository, version, access: to }]);
  return states.get(reference) ?? assert.fail('no state');
}

suite('a registry with users', { skip }, () => {
  let real: RealRegistry;
  let mine: RegistryAccess;
  let target: { host: string; user: string; password: string };
  before(async () => {
    real = await registry({ users: { amy: amy.password, bob: 'b' } });
    mine = access(real.host, login(amy.user, amy.password));
    target = { host: real.host, ...amy };
  });

  test('docker and OCI images are published with their digest, labels and layers', async () => {
    for (const oci of [false, true]) {
      const made = {
        oci,
        labels: { 'org.example.digest': 'abc', empty: '' },
        created: '2026-01-02T03:04:05Z',
        layers: ['one', 'two'],
      };
      const digest = await putImage(target, `ns/kind-${oci}`, '1.0-1', made);
      const state = await stateOf(mine, `ns/kind-${oci}`, '1.0-1');
      assert.equal(state.kind, 'published');
      assert.equal(state.digest, digest);
      assert.ok(state.config.known);
      assert.deepEqual(Object.fromEntries(state.config.value.labels), made.labels);
      assert.equal(state.config.value.created, made.created);
      assert.deepEqual(state.config.value.layers, [digestOf('one'), digestOf('two')]);
    }
  });

  test('an index is published under its own digest, with the labels of its first image', async () => {
    const image = await putImage(target, 'ns/multi', 'single', { oci: true, labels: { a: 'b' } });
    const size = 1;
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [
        { mediaType, digest: image, size, platform: { os: 'unknown', architecture: 'unknown' } },
        { mediaType, digest: image, size, platform: { os: 'linux', architecture: 'amd64' } },
      ],
    });
    const digest = await putManifest(target, 'ns/multi', '1', ociIndex, text);
    const state = await stateOf(mine, 'ns/multi', '1');
    assert.equal(state.kind, 'published');
    assert.equal(state.digest, digest);
    assert.equal(state.mediaType, ociIndex);
    assert.ok(state.config.known);
    assert.equal(state.config.value.labels.get('a'), 'b');
  });

  test('an absent tag, an absent repository and awkward names are absent', async () => {
    await putImage(target, 'ns/there', '1');
    assert.equal((await stateOf(mine, 'ns/there', '2')).kind, 'absent');
    assert.equal((await stateOf(mine, 'ns/not-there', '1')).kind, 'absent');
    assert.equal((await stateOf(mine, 'a--b/c/d', '1')).kind, 'absent');
  });

  test('no or wrong credentials make it unknown, and the hint says whose were used', async () => {
    const stranger = await stateOf(access(real.host), 'ns/there', '1');
    assert.equal(stranger.kind, 'unknown');
    assert.match(stranger.reason, /answers 401/);
    assert.match(stranger.hint ?? '', /no credentials were found/);
    assert.match(stranger.hint ?? '', /; set username and password, or run docker login /);
    const wrong = await stateOf(access(real.host, login('amy', 'wrong')), 'ns/there', '1');
    assert.equal(wrong.kind, 'unknown');
    assert.match(wrong.hint ?? '', /asked as amy \(the test\); check the password/);
  });

  test('many images cost one greeting and two requests each', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `many/img${at}`);
    for (const name of names) {
      await putImage(target, name, '1');
    }
    const before = real.requests().length;
    const states = await askStates(
      names.map((name) => ({
        reference: `${real.host}/${name}:1` as Reference,
        repository: `${real.host}/${name}` as Repository,
        version: '1',
        access: mine,
      })),
    );
    assert.deepEqual(
      [...states.keys()].sort(),
      names.map((name) => `${real.host}/${name}:1`).sort(),
    );
    assert.ok([...states.values()].every((state) => state.kind === 'published'));
    assert.equal(real.requests().length - before, 1 + 2 * names.length);
  });

  test('what is known of a digest is not asked for again', async () => {
    await putImage(target, 'ns/cached', '1', { labels: { a: 'b' } });
    const file = scratchTree().at('configs.json');
    const repository = `${real.host}/ns/cached` as Repository;
    const reference = `${repository}:1` as Reference;
    const image = { reference, repository, version: '1', access: mine };
    const [first, again] = [
      await askStates([image], { cache: configCache(file) }),
      await askStates([image], { cache: configCache(file) }),
    ];
    assert.deepEqual(again, first);
    const blobs = real.requests().filter(({ method, path }) => {
      return method === 'GET' && path.startsWith('/v2/ns/cached/blobs/');
    });
    assert.equal(blobs.length, 1);
    // Docker Hub counts GETs of manifests as pulls: what is known costs none.
    const manifests = real.requests().filter(({ path }) => path === '/v2/ns/cached/manifests/1');
    assert.deepEqual(
      manifests.map(({ method }) => method).filter((method) => method !== 'PUT'),
      ['GET', 'HEAD'],
    );
    await putImage(target, 'ns/cached', '1', { labels: { a: 'c' } });
    const moved = (await askStates([image], { cache: configCache(file) })).get(reference);
    assert.ok(moved?.kind === 'published' && moved.config.known);
    assert.equal(moved.config.value.labels.get('a'), 'c');
  });

  test('putTag moves a tag by the same bytes, and once only', async () => {
    const repository = `${real.host}/ns/moving` as Repository;
    const first = await putImage(target, 'ns/moving', '1', { labels: { v: '1' } });
    const second = await putImage(target, 'ns/moving', '2', { labels: { v: '2' }, oci: true });
    await putImage(target, 'ns/moving', 'other', { labels: { v: '3' } });
    const phase = new Registry(mine);
    try {
      let was: string | undefined;
      for (const digest of [first, second, first]) {
        const version = await readTag(phase, repository, digest);
        assert.equal(version.kind, 'found');
        const move = await putTag(phase, repository, 'latest', version.manifest);
        const before = was === undefined ? {} : { before: was };
        assert.deepEqual(move, { kind: 'moved', digest, ...before });
        was = digest;
        const latest = await readTag(phase, repository, 'latest');
        assert.ok(latest.kind === 'found' && latest.manifest.digest === digest);
      }
      const version = await readTag(phase, repository, '1');
      assert.equal(version.kind, 'found');
      const puts = () => real.requests().filter(({ method }) => method === 'PUT').length;
      const before = puts();
      assert.deepEqual(await putTag(phase, repository, 'latest', version.manifest), {
        kind: 'already',
        digest: first,
      });
      assert.equal(puts(), before);
      assert.equal((await readTag(phase, repository, 'none')).kind, 'absent');
    } finally {
      phase.close();
    }
  });

  test('once a phase is closed, nothing keeps the process alive', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout');
    const sockets = () =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap');
    const before = [timers().length, sockets().length];
    const phase = new Registry(mine, { patience: { requestMs: 60_000, totalMs: 60_000 } });
    const repository = `${real.host}/ns/moving` as Repository;
    const version = await readTag(phase, repository, '2');
    assert.equal(version.kind, 'found');
    for (const tag of ['a', 'b', 'a']) {
      assert.notEqual((await putTag(phase, repository, tag, version.manifest)).kind, 'failed');
    }
    phase.close();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([timers().length, sockets().length], before);
  });

  test('putTag without the right to push fails and says so', async () => {
    const repository = `${real.host}/ns/moving` as Repository;
    const phase = new Registry(mine);
    const version = await readTag(phase, repository, '2');
    phase.close();
    assert.equal(version.kind, 'found');
    const stranger = new Registry(access(real.host));
    const move = await putTag(stranger, repository, 'latest', version.manifest);
    stranger.close();
    assert.equal(move.kind, 'failed');
    assert.match(move.reason, /401/);
  });

  test('all pages of tags are read', async () => {
    const tags = Array.from({ length: 130 }, (_, at) => `v${at}`).sort();
    const image = await putImage(target, 'ns/tagged', 'v0');
    const phase = new Registry(mine);
    const repository = `${real.host}/ns/tagged` as Repository;
    try {
      const found = await readTag(phase, repository, image);
      assert.equal(found.kind, 'found');
      for (const tag of tags.filter((name) => name !== 'v0')) {
        const { mediaType, bytes } = found.manifest;
        await putManifest(target, 'ns/tagged', tag, mediaType, Buffer.from(bytes).toString());
      }
      const reply = await phase.tags(repository);
      assert.ok(reply.ok);
      assert.deepEqual([...reply.value].sort(), tags);
      const none = await phase.tags(`${real.host}/ns/nothing` as Repository);
      assert.deepEqual(none, { ok: true, value: [] });
    } finally {
      phase.close();
    }
  });

  test('a registry that restarts in the middle is asked again', async () => {
    await putImage(target, 'ns/restart', '1');
    await real.stop();
    const asking = stateOf(mine, 'ns/restart', '1');
    await real.restart();
    assert.equal((await asking).kind, 'published');
  });

  test('two trees ask one registry, each with its own user', async () => {
    await putImage(target, 'ns/two', '1');
    const repository = `${real.host}/ns/two` as Repository;
    const states = await askStates([
      { reference: 'one' as Reference, repository, version: '1', access: mine },
      {
        reference: 'two' as Reference,
        repository,
        version: '1',
        access: access(real.host, login('bob', 'wrong')),
      },
      { reference: 'three' as Reference, repository, version: '1', access: undefined },
    ]);
    assert.deepEqual(
      [...states].map(([name, { kind }]) => `${name} ${kind}`),
      ['one published', 'two unknown', 'three not-asked'],
    );
  });
});

test('a registry without users wants no login', { skip }, async () => {
  const real = await registry();
  await putImage({ host: real.host }, 'open', '1');
  assert.equal((await stateOf(access(real.host), 'open', '1')).kind, 'published');
  assert.equal((await stateOf(access(real.host, login('a', 'b')), 'open', '1')).kind, 'published');
  await real.stop();
});
