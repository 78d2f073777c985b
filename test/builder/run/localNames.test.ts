import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localNames } from '#builder/run/localNames.js';
import type { Reference } from '#core/reference/brands.js';
import { graphOf, type ImageSketch, treeOf } from '../../support/graph.js';

const company = treeOf('company', { registry: 'r.example', namespace: 'company' });
const bare = treeOf('bare', { registry: '' });
const plain = { dockerfile: { kind: 'plain', file: 'x/Dockerfile', text: '' } } as const;

function namesOf(reference: string, ...sketches: readonly ImageSketch[]) {
  return localNames(graphOf(sketches)).get(reference as Reference);
}

test('an image of a plain Dockerfile is called as people write it, without the registry', () => {
  const api = { name: 'api', tree: company, definition: plain };
  assert.deepEqual(namesOf('r.example/company/api:1', api), ['company/api:latest']);
  assert.equal(namesOf('r.example/company/api:1', { ...api, definition: {} }), undefined);
  assert.deepEqual(namesOf('api:1', { ...api, tree: bare }), ['api:latest']);
  const tagged = { ...api, definition: { ...plain, extraTags: ['latest'] } };
  assert.deepEqual(namesOf('r.example/company/api:1', tagged), ['company/api:latest']);
  assert.equal(namesOf('api:1', { ...tagged, tree: bare }), undefined);
});

test('and as its children write it, where that is no version', () => {
  const graph = graphOf([
    { name: 'base', tree: company, definition: plain },
    { name: 'api', tree: company, definition: plain, parents: ['base'] },
  ]);
  const [base, api] = graph.images;
  assert.ok(base !== undefined && api !== undefined);
  const writing = (written: string) =>
    localNames({
      ...graph,
      images: [base, { ...api, parents: api.parents.map((edge) => ({ ...edge, written })) }],
    }).get(base.reference);
  assert.deepEqual(writing('r.example/company/base'), [
    'company/base:latest',
    'r.example/company/base:latest',
  ]);
  assert.deepEqual(writing('r.example/company/base:1'), ['company/base:latest']);
  assert.deepEqual(writing('docker.io/company/base:latest'), ['company/base:latest']);
});

test('not by a name that a Dockerfile pulls', () => {
  const graph = graphOf([{ name: 'redis', tree: bare, definition: plain, base: 'redis:7' }]);
  const [redis] = graph.images;
  assert.ok(redis !== undefined);
  const external = { kind: 'from', written: 'redis:7', key: 'redis:7', place: { file: 'x' } };
  const images = [{ ...redis, externals: [external as never] }];
  assert.equal(localNames({ ...graph, images }).get(redis.reference), undefined);
});
