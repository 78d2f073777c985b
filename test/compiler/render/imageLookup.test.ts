import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageLookup } from '#compiler/render/imageLookup.js';
import { graphOf, treeOf } from '../../support/graph.js';

const own = treeOf('own', {
  registry: 'r.example:5000',
  namespace: 'team',
  baseImages: ['r.example:5000/team/debian:12', 'r.example:5000/team/golang:0'],
});
const other = treeOf('other', { registry: 'r.example:5000', namespace: 'istio' });
const third = treeOf('third', { registry: 'r.example:5000', namespace: 'mesh' });
const graph = graphOf([
  { name: 'golang', tree: own },
  { name: 'build', tree: other },
  { name: 'build', tree: third },
  { name: 'pilot', tree: other },
]);
const lookup = imageLookup(graph.images.map((image) => image.rendered.definition));
const found = (tree: typeof own, name: string) => {
  const result = lookup.find(tree, name);
  return result.kind === 'found' ? result.reference : `${result.kind}: ${result.reason}`;
};

test('the own tree comes first, and an image of the trees before a base image', () => {
  assert.equal(found(own, 'golang'), 'r.example:5000/team/golang:1');
  assert.equal(found(own, 'debian'), 'r.example:5000/team/debian:12');
});

test('other trees answer to a namespace, and to a short name that one alone has', () => {
  assert.equal(found(own, 'istio/build'), 'r.example:5000/istio/build:1');
  assert.equal(found(own, 'pilot'), 'r.example:5000/istio/pilot:1');
  assert.equal(found(other, 'build'), 'r.example:5000/istio/build:1');
  assert.equal(
    found(own, 'build'),
    'missing: the name "build" matches several images: r.example:5000/istio/build, r.example:5000/mesh/build; write the name with its namespace',
  );
});

test('an unknown name is told with the near ones', () => {
  const slip = lookup.find(own, 'golnag');
  assert.deepEqual(slip, {
    kind: 'missing',
    reason: 'Image r.example:5000/team/golnag not found, or it has no tag; did you mean "golang"?',
  });
});

test('a name of several directories with different versions is nobody’s', () => {
  const definitions = graph.images.map((image) => image.rendered.definition);
  const [golang] = definitions.filter(({ name }) => name === 'golang');
  assert.ok(golang !== undefined);
  const reference = 'r.example:5000/team/golang:2' as typeof golang.reference;
  const twins = imageLookup([...definitions, { ...golang, version: '2', reference }]);
  const result = twins.find(own, 'golang');
  assert.equal(result.kind, 'missing');
  assert.match(
    result.kind === 'missing' ? result.reason : '',
    /^several directories define golang/,
  );
  // Of one version, which of them is meant changes nothing that is rendered.
  assert.equal(imageLookup([...definitions, golang]).find(own, 'golang').kind, 'found');
});
