import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LocalImage } from '#adapters/docker/images.js';
import { keptImages } from '#builder/run/keptNames.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';
import { graphOf, type ImageSketch, treeOf } from '../../support/graph.js';

const company = treeOf('company', { registry: 'r.example', namespace: 'company' });
const branch = treeOf('branch', { registry: 's.example', namespace: 'company' });
const bare = treeOf('bare', { registry: '', namespace: 'company' });
const plain = { dockerfile: { kind: 'plain', file: 'x/Dockerfile', text: '' } } as const;

const current = 'sha256:current' as Digest;

interface Found extends Partial<Pick<Decision, 'action' | 'state'>> {
  readonly tags?: readonly string[];
  readonly label?: string;
}

/** The names that the first of these images lacks. */
function lacking(sketches: readonly ImageSketch[], found: Found = {}) {
  const graph = graphOf(sketches);
  const reference = graph.images[0]?.reference as Reference;
  const { action = 'skip', state = 'local', tags = [], label = current } = found;
  const image: LocalImage = {
    id: 'sha256:id' as Digest,
    labels: new Map([[definitionLabel, label]]),
    layers: [],
    sizeBytes: 1,
    created: '',
    tags: [reference, ...tags],
    registryDigests: [],
  };
  return keptImages(graph, {
    decisions: [{ reference, action, state, why: '', parents: [] }],
    definitions: new Map([[reference, current]]),
    local: new Map([[reference, image]]),
  }).get(reference)?.names;
}

test('an image that is left as it is lacks the names that are not on it', () => {
  const api = { name: 'api', tree: company, definition: plain };
  assert.deepEqual(lacking([api]), ['company/api:latest']);
  assert.deepEqual(lacking([api], { state: 'published', action: 'use' }), ['company/api:latest']);
  assert.equal(lacking([api], { tags: ['company/api:latest'] }), undefined);
});

test('not one of another definition, nor one that is built or published now', () => {
  const api = { name: 'api', tree: company, definition: plain };
  assert.equal(lacking([api], { label: 'sha256:other' }), undefined);
  assert.equal(lacking([api], { state: 'drifted' }), undefined);
  assert.equal(lacking([api], { action: 'build' }), undefined);
  assert.equal(lacking([api], { action: 'finish' }), undefined);
});

test('a name of two images is on the one that was built last', () => {
  const api = { name: 'api', tree: company, definition: plain };
  assert.equal(lacking([api, { ...api, tree: branch }]), undefined);
});

test('further tags without a registry, but for those of a day', () => {
  const extraTags = ['v1', '20261127', 'latest'];
  const lastingTags = () => ['v1', 'latest'];
  const definition = { ...plain, extraTags, lastingTags };
  const tagged = { name: 'api', tree: bare, definition };
  assert.deepEqual(lacking([tagged])?.toSorted(), ['company/api:latest', 'company/api:v1']);
  assert.deepEqual(lacking([{ ...tagged, tree: company }]), ['company/api:latest']);
});
