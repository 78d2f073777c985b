import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest, Reference } from '#core/reference/brands.js';
import { type ReadImage, rebuiltBases } from '#fleet/outdated/rebuiltBases.js';
import { graphOf } from '../../support/graph.js';

const graph = graphOf([
  { name: 'root', base: 'scratch' },
  { name: 'lib', parents: ['root'], base: 'r/root:1' },
  { name: 'outside', base: 'elsewhere/base:9' },
]);
const all = new Set(graph.images.map(({ reference }) => reference));

function image(
  layers: string,
  packages: Readonly<Record<string, string>>,
  ...variables: string[]
): ReadImage {
  const settings = variables.map(
    (name) => [name, { key: 'env' as const, name, value: '1' }] as const,
  );
  return {
    image: {
      settings: {
        settings: new Map(settings),
        diffIds: layers.split('').map((each) => each as Digest),
      },
    },
    inventory: {
      packages: Object.entries(packages).map(([name, version]) => ({
        name,
        version,
        architecture: 'amd64',
        source: name,
        sourceVersion: version,
      })),
    },
  };
}

function found(read: Readonly<Record<string, ReadImage>>, selected: ReadonlySet<Reference> = all) {
  return rebuiltBases(graph, selected, new Map(Object.entries(read))).map(
    ({ reference, base, packages, environment }) =>
      [reference, base, packages.join(), environment.join()].join(' '),
  );
}

test('what begins with the layers of its base stands on it', () => {
  const read = { 'r/root:1': image('a', { ssl: '1' }), 'r/lib:1': image('ab', { ssl: '1' }) };
  assert.deepEqual(found(read), []);
  assert.deepEqual(found({ ...read, 'r/root:1': image('x', { ssl: '1' }) }), [
    'r/lib:1 r/root:1  ',
  ]);
});

test('packages and variables that it lacks; its own do not count', () => {
  const below = image('x', { ssl: '2', zip: '1', new: '1' }, 'PATH', 'LANG');
  const read = {
    'r/root:1': below,
    'r/lib:1': image('ab', { ssl: '1', zip: '1', own: '1' }, 'PATH', 'OWN'),
    'r/outside:1': image('c', { ssl: '2' }, 'PATH'),
    'elsewhere/base:9': image('d', { ssl: '2' }),
  };
  assert.deepEqual(found(read), [
    'r/lib:1 r/root:1 new,ssl LANG',
    'r/outside:1 elsewhere/base:9  ',
  ]);
  assert.deepEqual(found(read, new Set(['r/root:1' as Reference])), []);
});

test('what was not read is not compared', () => {
  assert.deepEqual(found({ 'r/lib:1': image('ab', {}) }), []);
  assert.deepEqual(found({ 'r/root:1': image('x', {}) }), []);
});
