/** `latest` against versions that are there, readable or not: a fake fails in front of a real registry. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from '#adapters/registry/registry.js';
import { type LatestMove, moveLatest } from '#builder/publish/latest.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { registryProgram } from '../../support/engine/packages.js';
import { registry } from '../../support/engine/registry.js';
import { type Asked, faultyRegistry, type Misbehaviour } from '../../support/faultyRegistry.js';
import { putImage } from '../../support/images.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

interface Versions {
  /** Of what `latest` is at, and of what it is to be moved to: versions and days of March. */
  readonly from: readonly [version: string, day?: number];
  readonly to: readonly [version: string, day?: number];
  readonly unordered?: true;
  readonly isNew?: true;
}

/** Moves `latest`, which is at version 2, to version 1, while the registry misbehaves. */
async function move(
  behave: (asked: Asked) => Misbehaviour,
  force = false,
  { from, to, isNew, ...rest }: Versions = { from: ['2'], to: ['1'] },
): Promise<{ move: LatestMove; puts: number }> {
  const store = await registry();
  const digests = new Map<string, string>();
  for (const [tag, [version, day]] of [
    [to[0], to],
    ['latest', from],
  ] as const) {
    const labels = { 'org.opencontainers.image.version': version };
    const created = day === undefined ? {} : { created: `2026-03-0${day}T10:00:00Z` };
    digests.set(tag, await putImage({ host: store.host }, 'img', tag, { labels, ...created }));
  }
  const fake = await faultyRegistry(behave, { behind: store.host });
  const access = {
    host: fake.host,
    credentials: { kind: 'none', mayPublish: false },
    insecure: false,
    environment: {},
    authorities: () => [],
    workers: 1,
  } as const;
  const client = new Registry(access, { patience: { attempts: 1 } });
  try {
    const repository = `${fake.host}/img` as Repository;
    const moved = await moveLatest(
      client,
      { repository, version: to[0], ...rest },
      {
        force,
        ...(isNew === true ? { published: digests.get(to[0]) as Digest } : {}),
      },
    );
    return { move: moved, puts: fake.asked.filter(({ method }) => method === 'PUT').length };
  } finally {
    client.close();
    await fake.stop();
    await store.stop();
  }
}

test('latest goes back only when it is told to', { skip }, async () => {
  assert.deepEqual(await move(() => 'pass'), {
    move: { kind: 'kept', version: '2', because: 'is higher than' },
    puts: 0,
  });
  const forced = await move(() => 'pass', true);
  assert.equal(forced.move.kind, 'moved');
  assert.equal(forced.puts, 1);
});

test('computed versions have no order: latest is at what was built last', { skip }, async () => {
  const high = 'ffffffffffff';
  const low = '000000000000';
  const kinds = async (versions: Versions) => (await move(() => 'pass', false, versions)).move;
  const moved = { from: [high, 1], to: [low, 2], unordered: true } as const;
  assert.equal((await kinds(moved)).kind, 'moved');
  const behind = { from: [low, 2], to: [high, 1], unordered: true } as const;
  assert.deepEqual(await kinds(behind), {
    kind: 'kept',
    version: low,
    because: 'was built after',
  });
  // It was built before, perhaps by another branch, and is published now.
  assert.equal((await kinds({ ...behind, isNew: true })).kind, 'moved');
  // Nobody says when.
  assert.equal((await kinds({ from: [high], to: [low], unordered: true })).kind, 'moved');
  // From a written version to computed ones, and back.
  assert.equal((await kinds({ from: ['9.0', 1], to: [low, 2], unordered: true })).kind, 'moved');
  assert.equal((await kinds({ from: [high, 1], to: ['1.0', 2] })).kind, 'moved');
  assert.equal((await kinds({ from: [`${low}-20260302`, 2], to: ['1.0', 1] })).kind, 'kept');
});

for (const [what, broken] of [
  ['tag', /manifests\/latest$/],
  ['configuration', /\/blobs\//],
] as const) {
  test(`where the ${what} of what latest stands at cannot be read, it is left alone`, {
    skip,
  }, async () => {
    const { move: failed, puts } = await move(({ path }) =>
      broken.test(path) ? { status: 500 } : 'pass',
    );
    assert.equal(failed.kind, 'failed');
    assert.match(failed.kind === 'failed' ? failed.reason : '', /cannot be read.*500/);
    assert.equal(puts, 0);
  });
}
