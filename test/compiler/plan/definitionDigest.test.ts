import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { definitionDigests, isComparable, isPinned } from '#compiler/plan/definitionDigest.js';
import { type Graph, withBroken } from '#compiler/resolve/graph.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { graphOf, type ImageSketch } from '../../support/graph.js';

const context = () => ({ digest: `sha256:${'0'.repeat(64)}` as Digest });
const family: readonly ImageSketch[] = [
  { name: 'base', dockerfile: 'FROM scratch\nCOPY . /\n' },
  { name: 'child', parents: ['base'], dockerfile: 'FROM r/base\nCOPY . /\n' },
  { name: 'alone', dockerfile: 'FROM scratch\nCOPY . /x\n' },
];

function digestsOf(graph: Graph, of: Parameters<typeof definitionDigests>[2] = context) {
  const digests = definitionDigests(graph, new Set(graph.byReference.keys()), of);
  return Object.fromEntries(
    graph.images.map((image) => [image.rendered.definition.name, digests.get(image.reference)]),
  );
}

function changed(change: Partial<ImageSketch>): string[] {
  const before = digestsOf(graphOf(family));
  const after = digestsOf(
    graphOf(family.map((image) => (image.name === 'base' ? { ...image, ...change } : image))),
  );
  return Object.keys(before).filter((name) => before[name] !== after[name]);
}

test('what an image is built from changes its digest and those of its descendants', () => {
  const both = ['base', 'child'];
  assert.deepEqual(changed({ dockerfile: 'FROM scratch\nCOPY . /y\n' }), both);
  assert.deepEqual(changed({ definition: { stage: 'x' } }), both);
  assert.deepEqual(changed({ definition: { platforms: ['linux/arm64'] } }), both);
  assert.deepEqual(changed({ definition: { args: new Map([['a', 'b']]) } }), both);
  assert.deepEqual(changed({ definition: { labels: new Map([['a', 'b']]) } }), both);
});

test('a changelog changes nothing by itself', () => {
  assert.deepEqual(
    changed({ definition: { created: '2026-01-01', author: 'A', version: '2' } }),
    [],
  );
});

test("a context's digest counts, for the image itself and for children", () => {
  const graph = graphOf(family);
  const other = digestsOf(graph, (image) =>
    image.reference === 'r/base:1' ? { digest: `sha256:${'1'.repeat(64)}` as Digest } : context(),
  );
  const before = digestsOf(graph);
  assert.deepEqual(
    Object.keys(before).filter((name) => before[name] !== other[name]),
    ['base', 'child'],
  );
});

test('arguments and labels are not taken for one another', () => {
  const as = (definition: Partial<ImageDefinition>) =>
    digestsOf(graphOf([{ name: 'a', definition }])).a;
  const args = as({ args: new Map([['a', 'b']]) });
  assert.notEqual(args, as({ labels: new Map([['a', 'b']]) }));
  assert.notEqual(args, as({ args: new Map([['ab', '']]) }));
  const one = new Map([
    ['a', '1'],
    ['b', '2'],
  ]);
  assert.equal(as({ args: one }), as({ args: new Map([...one].reverse()) }));
});

test('the Dockerfile counts as it renders without proxy and apt options', () => {
  const graph = graphOf(family);
  const proxied: Graph = {
    ...graph,
    images: graph.images.map((image) => ({
      ...image,
      rendered: { ...image.rendered, dockerfile: `${image.rendered.dockerfile}# proxy\n` },
    })),
  };
  assert.deepEqual(digestsOf(proxied), digestsOf(graph));
});

test('only the wanted images and their ancestors are looked at', () => {
  const asked: string[] = [];
  const digests = definitionDigests(
    graphOf(family),
    new Set(['r/child:1' as Reference]),
    (image) => {
      asked.push(image.reference);
      return context();
    },
  );
  assert.deepEqual(asked, ['r/base:1', 'r/child:1']);
  assert.deepEqual([...digests.keys()], asked);
});

test('a context of the second recipe makes a digest of the second, and all that is built on it', () => {
  const graph = graphOf(family);
  const before = digestsOf(graph);
  const after = digestsOf(graph, (image) =>
    image.reference === 'r/base:1' ? { ...context(), recipe: 2 } : context(),
  );
  assert.match(after.base ?? '', /^2:sha256:[0-9a-f]{64}$/);
  assert.match(after.child ?? '', /^2:sha256:[0-9a-f]{64}$/);
  assert.equal(after.alone, before.alone);
  const comparable = (one = '', other = '') => isComparable(one, other);
  assert.equal(comparable(before.base, after.base), false);
  assert.equal(comparable(after.child, after.base), true);
  assert.equal(comparable(before.child, before.base), true);
});

test('what stands for a broken parent counts in place of its definition, by the fourth recipe', () => {
  const sound = graphOf([...family, { name: 'grandchild', parents: ['child', 'alone'] }]);
  const base = 'r/base:1' as Reference;
  const graph = withBroken(sound, new Map([[base, [error('template', 'it fails')]]]));
  const wanted = new Set(graph.byReference.keys());
  const of = (pin?: string) => {
    const pins = new Map(pin === undefined ? [] : [[base, `sha256:${pin.repeat(64)}` as Digest]]);
    const digests = definitionDigests(graph, wanted, context, pins);
    return ['child', 'grandchild', 'alone'].map((name) => digests.get(`r/${name}:1` as Reference));
  };
  const [noChild, noGrandchild, alone] = of();
  assert.deepEqual([noChild, noGrandchild], [undefined, undefined]);
  assert.equal(alone, digestsOf(sound).alone);
  const pinned = of('a');
  assert.deepEqual(of('a'), pinned);
  for (const [at, digest = ''] of pinned.slice(0, 2).entries()) {
    assert.match(digest, /^4:sha256:[0-9a-f]{64}$/);
    assert.ok(isPinned(digest));
    assert.notEqual(of('b')[at], digest);
  }
  assert.equal(pinned[2], alone);
  assert.equal(isPinned(alone ?? ''), false);
});
