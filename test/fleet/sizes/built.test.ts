import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest, Reference } from '#core/reference/brands.js';
import { type Built, builtFacts } from '#fleet/sizes/built.js';
import { graphOf } from '../../support/graph.js';

const reference = (name: string) => `r/${name}:1` as Reference;
const layers = (letters: string) =>
  [...letters].map((letter) => `sha256:${letter.repeat(64)}` as Digest);

/** base ← mid ← top, and copy, which copies from base and starts from elsewhere. */
const graph = graphOf([
  { name: 'base', base: 'debian:trixie' },
  { name: 'mid', parents: ['base'] },
  { name: 'top', parents: ['mid'] },
  { name: 'copy', parents: ['copy base'], base: 'debian:trixie' },
]);

function sizes(built: Readonly<Record<string, Built>>) {
  const of = (each: Reference) => built[each.slice(2, -2)];
  return graph.images.map((image) => {
    const { size } = builtFacts(graph, { reference: image.reference, sound: image }, of);
    return size === undefined ? undefined : [size.of, size.total, size.own];
  });
}

const published = (letters: string, ...own: number[]): Built => ({
  of: 'published',
  layers: layers(letters),
  sizes: own,
});
const local = (letters: string, total: number): Built => ({
  of: 'local',
  layers: layers(letters),
  total,
});

test('own is what an image has beyond its base in the trees', () => {
  assert.deepEqual(
    sizes({
      base: published('ab', 100, 10),
      mid: published('abc', 100, 10, 5),
      top: published('abc', 100, 10, 5),
      copy: published('ax', 100, 7),
    }),
    [
      ['published', 110, 110],
      ['published', 115, 5],
      ['published', 115, 0],
      ['published', 107, 107],
    ],
  );
});

test('of a base that is another one by now, it shares what they begin with', () => {
  assert.deepEqual(
    sizes({ base: published('ay', 100, 20), mid: published('abc', 100, 10, 5) }).slice(0, 2),
    [
      ['published', 120, 120],
      ['published', 115, 15],
    ],
  );
});

test('what is not known is absent', () => {
  const without: Built = { of: 'published', layers: layers('ab') };
  const odd = published('ab', 1);
  assert.deepEqual(sizes({ base: without, mid: odd, top: published('abc', 1, 2, 3) }), [
    undefined,
    undefined,
    // Of mid the layers are known.
    ['published', 6, 3],
    undefined,
  ]);
  assert.deepEqual(sizes({ mid: published('ab', 1, 2) })[1], ['published', 3, undefined]);
});

test('on an engine only whole images have a size', () => {
  assert.deepEqual(
    sizes({ base: local('ab', 300), mid: local('abc', 320), top: local('xyz', 400) }).slice(0, 3),
    [
      ['local', 300, 300],
      ['local', 320, 20],
      ['local', 400, undefined],
    ],
  );
  // Unpacked and compressed are not to be compared.
  const mixed = sizes({ base: published('ab', 1, 2), mid: local('abc', 320) });
  assert.deepEqual(mixed[1], ['local', 320, undefined]);
});

test('a moment that says nothing is none', () => {
  const at = (created: string) =>
    builtFacts(graph, { reference: reference('base') }, () => ({
      of: 'published',
      layers: [],
      created,
    })).lastBuilt;
  assert.equal(at('2026-03-02T10:00:00.123456789Z'), '2026-03-02T10:00:00.123Z');
  assert.equal(at('1970-01-01T00:00:00Z'), undefined);
  assert.equal(at('0001-01-01T00:00:00Z'), undefined);
  assert.equal(at('yesterday'), undefined);
});
