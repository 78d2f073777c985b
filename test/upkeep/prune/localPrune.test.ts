import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest, Repository } from '#core/reference/brands.js';
import type { LocalTag } from '#upkeep/prune/localImages.js';
import { parseSize, planLocalPrune, sizeText } from '#upkeep/prune/localPrune.js';
import { graphOf } from '../../support/graph.js';

const graph = graphOf([
  { name: 'base', version: '2' },
  { name: 'child', version: '1', parents: ['base'] },
]);

function local(tags: Readonly<Record<string, Partial<LocalTag>>>) {
  const found = new Map<Repository, LocalTag[]>();
  for (const [reference, rest] of Object.entries(tags)) {
    const [repository = '', tag = ''] = reference.split(':');
    const id = (rest.id ?? reference) as Digest;
    const one: LocalTag = { reference, tag, id, identity: id, sizeBytes: 1, inUse: false, ...rest };
    found.set(repository as Repository, [...(found.get(repository as Repository) ?? []), one]);
  }
  return found;
}

test('old versions go, children first; what containers use stays and is told', () => {
  const images = local({
    'r/base:1': { created: 1 },
    'r/base:2': { created: 2 },
    'r/base:latest': { created: 2, id: 'r/base:2' as Digest },
    'r/child:0.1': { created: 1 },
    'r/child:0.2': { created: 2, inUse: true },
    'r/child:latest': { created: 1, id: 'r/child:0.1' as Digest },
    'r/stranger:1': {},
  });
  const plan = planLocalPrune(graph.images, images, { keep: 0 });
  assert.deepEqual(
    plan.remove.map(({ reference }) => reference),
    ['r/child:latest', 'r/child:0.1', 'r/base:1'],
  );
  assert.deepEqual(
    plan.kept.map(({ tag, rule }) => [tag.reference, rule.kind]),
    [
      ['r/child:0.2', 'in-use'],
      ['r/base:latest', 'same-image'],
    ],
  );
});

test('the same tag under two names of a registry goes, or stays, twice', () => {
  const images = new Map([...local({ 'r/base:1': {}, 'r/base:2': {}, 'r/base:0': {} })]);
  const others = ['1', '2', '0'].map((tag): LocalTag => {
    const id = `r/base:${tag}` as Digest;
    const reference = `other/base:${tag}`;
    return { reference, tag, id, identity: id, sizeBytes: 1, inUse: tag === '0' };
  });
  const repository = 'r/base' as Repository;
  images.set(repository, [...(images.get(repository) ?? []), ...others]);
  const plan = planLocalPrune(graph.images, images, { keep: 0 });
  assert.deepEqual(plan.remove.map(({ reference }) => reference).sort(), [
    'other/base:1',
    'r/base:1',
  ]);
  assert.deepEqual(plan.kept.map(({ tag, rule }) => [tag.reference, rule.kind]).sort(), [
    ['other/base:0', 'in-use'],
    ['r/base:0', 'in-use'],
  ]);
});

test('--keep and --nightly choose what stays', () => {
  const images = local({
    'r/base:2': { created: 1 },
    'r/base:2-20260101': { created: 2 },
    'r/base:2-20260102': { created: 3 },
    'r/base:2-20260103': { created: 4 },
  });
  const removed = (keep: number, nightly?: string) =>
    planLocalPrune(graph.images, images, {
      keep,
      ...(nightly === undefined ? {} : { nightly }),
    }).remove.map(({ tag }) => tag);
  assert.deepEqual(removed(0), ['2-20260103', '2-20260102', '2-20260101']);
  assert.deepEqual(removed(2), ['2-20260101']);
  assert.deepEqual(removed(0, '20260102'), ['2-20260103', '2-20260101', '2']);
  assert.deepEqual(removed(1, '20260102'), ['2-20260101', '2']);
});

test('sizes as docker writes them', () => {
  assert.equal(parseSize('0B'), 0);
  assert.equal(parseSize('12.5kB'), 12_500);
  assert.equal(parseSize('1.234GB'), 1_234_000_000);
  assert.equal(parseSize('1.2GiB'), undefined);
  assert.equal(sizeText(0), '0 B');
  assert.equal(sizeText(1_234_000_000), '1.2 GB');
  assert.equal(sizeText(999), '999 B');
});
