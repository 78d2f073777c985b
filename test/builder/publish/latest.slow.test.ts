/** `latest` against versions that are there, readable or not: a fake fails in front of a real registry. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from '#adapters/registry/registry.js';
import { type LatestMove, moveLatest } from '#builder/publish/latest.js';
import type { Repository } from '#core/reference/brands.js';
import { registryProgram } from '../../support/engine/packages.js';
import { registry } from '../../support/engine/registry.js';
import { type Asked, faultyRegistry, type Misbehaviour } from '../../support/faultyRegistry.js';
import { putImage } from '../../support/images.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

/** Moves `latest`, which is at version 2, to version 1, while the registry misbehaves. */
async function move(
  behave: (asked: Asked) => Misbehaviour,
  force = false,
): Promise<{ move: LatestMove; puts: number }> {
  const store = await registry();
  for (const tag of ['1', '2', 'latest']) {
    const labels = { 'org.opencontainers.image.version': tag === 'latest' ? '2' : tag };
    await putImage({ host: store.host }, 'img', tag, { labels });
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
    const moved = await moveLatest(client, { repository, version: '1' }, force);
    return { move: moved, puts: fake.asked.filter(({ method }) => method === 'PUT').length };
  } finally {
    client.close();
    await fake.stop();
    await store.stop();
  }
}

test('latest goes back only when it is told to', { skip }, async () => {
  assert.deepEqual(await move(() => 'pass'), { move: { kind: 'kept', version: '2' }, puts: 0 });
  const forced = await move(() => 'pass', true);
  assert.equal(forced.move.kind, 'moved');
  assert.equal(forced.puts, 1);
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
