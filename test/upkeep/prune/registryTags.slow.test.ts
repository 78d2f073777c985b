/** The tags of a real registry, judged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eachOf } from '#adapters/registry/pool.js';
import { Registry } from '#adapters/registry/registry.js';
import type { Repository } from '#core/reference/brands.js';
import { judge } from '#upkeep/prune/judge.js';
import { readTags } from '#upkeep/prune/registryTags.js';
import { registryProgram } from '../../support/engine/packages.js';
import { registry } from '../../support/engine/registry.js';
import { putImage } from '../../support/images.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';
const day = 86_400_000;

test('of 150 tags the right ones are outdated, and none is touched', { skip }, async () => {
  const real = await registry();
  const start = Date.parse('2026-01-01T00:00:00Z');
  // Two versions a day; the higher version is not the newer one: the odd ones are backports.
  const versions = Array.from({ length: 149 }, (_, at) => ({
    tag: at % 2 === 0 ? `2.0-${at}` : `1.9-${at}`,
    created: start + (at * day) / 2,
  }));
  await eachOf([...versions, { tag: 'latest', created: start + 5 * day }], 8, (version) =>
    putImage(real, 'ns/app', version.tag, {
      created: new Date(version.created).toISOString(),
      layers: [],
    }),
  );
  const repository = `${real.host}/ns/app` as Repository;
  const writes = () => real.requests().filter(({ method }) => !['GET', 'HEAD'].includes(method));
  const before = writes().length;
  const phase = new Registry({
    host: real.host,
    credentials: { kind: 'none', mayPublish: false },
    insecure: false,
    environment: {},
    authorities: () => [],
    workers: 8,
  });
  const tags = await readTags(phase, repository);
  phase.close();
  assert.ok(tags.ok);
  assert.equal(tags.value.length, 150);
  const verdicts = judge(tags.value, {
    repository,
    current: '2.0-148',
    keepLatest: true,
    newest: 3,
    madeAfter: start + 70 * day,
    keepLines: [],
  });
  const by = (kind: string) => verdicts.filter(({ rule }) => rule.kind === kind);
  const names = (kind: string) => by(kind).map(({ tag }) => tag);
  assert.deepEqual(names('current'), ['2.0-148']);
  // Tag 141 was made on day 70.5, tag 140 on day 70; those that are young are the newest too.
  assert.deepEqual(names('young'), [
    '1.9-147',
    '2.0-146',
    '1.9-145',
    '2.0-144',
    '1.9-143',
    '2.0-142',
    '1.9-141',
  ]);
  assert.deepEqual(names('latest'), ['latest']);
  // Made by the same instant as latest, of the same content: the same image.
  assert.deepEqual(names('same-image'), ['2.0-10']);
  assert.equal(by('outdated').length, 150 - 1 - 7 - 1 - 1);
  assert.equal(writes().length, before);
  await real.stop();
});
