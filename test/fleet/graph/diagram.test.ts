import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Graph, withBroken } from '#compiler/resolve/graph.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { ContextKey, Reference } from '#core/reference/brands.js';
import { type DiagramInput, diagramOf, linksOutside } from '#fleet/graph/diagram.js';
import { folded } from '#fleet/graph/fold.js';
import { graphOf } from '../../support/graph.js';

const reference = (name: string) => `r/${name}:1` as Reference;
const all = (graph: Graph) => new Set(graph.images.map((image) => image.reference));

function inputOf(graph: Graph, more: Partial<DiagramInput> = {}): DiagramInput {
  return {
    graph,
    selected: all(graph),
    unnamed: [],
    named: new Set(),
    bases: false,
    nameOf: (each) => each.replace(/^r\//, ''),
    ...more,
  };
}

/** base ← mid ← top; top also copies from tool. */
const graph = graphOf([
  { name: 'base' },
  { name: 'tool' },
  { name: 'mid', parents: ['base'], base: 'r/base:1' },
  { name: 'top', parents: ['mid', 'copy tool'], base: 'r/mid:1' },
]);

test('boxes by level and reference, a solid arrow from the base alone', () => {
  assert.deepEqual(diagramOf(inputOf(graph, { named: new Set([reference('mid')]) })), {
    boxes: [
      { id: 'r/base:1', kind: 'image', lines: ['base:1'] },
      { id: 'r/tool:1', kind: 'image', lines: ['tool:1'] },
      { id: 'r/mid:1', kind: 'image', lines: ['mid:1'], named: true },
      { id: 'r/top:1', kind: 'image', lines: ['top:1'] },
    ],
    arrows: [
      { from: 'r/base:1', to: 'r/mid:1', kind: 'base' },
      { from: 'r/mid:1', to: 'r/top:1', kind: 'base' },
      { from: 'r/tool:1', to: 'r/top:1', kind: 'use' },
    ],
  });
});

test('what is not selected is left out, and counted', () => {
  const selected = new Set([reference('mid'), reference('top')]);
  const { boxes, arrows } = diagramOf(inputOf(graph, { selected }));
  assert.deepEqual(
    boxes.map(({ id }) => id),
    ['r/mid:1', 'r/top:1'],
  );
  assert.deepEqual(arrows, [{ from: 'r/mid:1', to: 'r/top:1', kind: 'base' }]);
  // base → mid and tool → top.
  assert.equal(linksOutside({ graph, selected }), 2);
});

test('states are in the text; a broken image is broken, whatever a registry says of it', () => {
  const broken = withBroken(
    graph,
    new Map([[reference('top'), [error('unreadable', 'a file cannot be read')]]]),
  );
  const states = new Map([
    [reference('base'), 'published'],
    [reference('tool'), 'absent'],
    [reference('top'), 'published'],
  ] as const);
  const { boxes, arrows } = diagramOf(inputOf(broken, { selected: all(graph), states }));
  assert.deepEqual(
    boxes.map(({ lines, state }) => [lines, state]),
    [
      [['base:1', 'published'], 'published'],
      [['tool:1', 'absent'], 'absent'],
      // Nobody answered for it.
      [['mid:1', 'unknown'], 'unknown'],
      [['top:1', 'broken'], 'broken'],
    ],
  );
  assert.equal(arrows.length, 3);
});

test('external references are one box each, with --bases alone', () => {
  const external = (written: string) => ({
    kind: 'from' as const,
    written,
    key: written as ContextKey,
    place: { file: 'Dockerfile' },
  });
  const based = {
    ...graph,
    images: graph.images.map((image) =>
      image.level === 0
        ? {
            ...image,
            base: 'debian:12',
            externals: [external('debian:12'), external('debian:12'), external('alpine:3')],
          }
        : image,
    ),
  };
  const { boxes, arrows } = diagramOf(inputOf(based, { bases: true }));
  assert.deepEqual(boxes.slice(0, 2), [
    { id: 'external alpine:3', kind: 'external', lines: ['alpine:3'] },
    { id: 'external debian:12', kind: 'external', lines: ['debian:12'] },
  ]);
  assert.deepEqual(
    arrows.filter(({ to }) => to === 'r/base:1'),
    [
      { from: 'external debian:12', to: 'r/base:1', kind: 'base' },
      { from: 'external alpine:3', to: 'r/base:1', kind: 'use' },
    ],
  );
  assert.deepEqual(diagramOf(inputOf(based)), diagramOf(inputOf(graph)));
});

const many = graphOf([
  { name: 'base' },
  ...['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, parents: ['base'], base: 'r/base:1' })),
  ...['x', 'y', 'z'].map((name) => ({ name, parents: ['copy base'], base: 'scratch' })),
]);

test('four leaves or more of the same parents are one box, with the first three names', () => {
  assert.deepEqual(folded(diagramOf(inputOf(many))), {
    boxes: [
      { id: 'r/base:1', kind: 'image', lines: ['base:1'] },
      {
        id: 'folded r/a:1',
        kind: 'folded',
        lines: ['5 images', 'a:1', 'b:1', 'c:1', 'and 2 more'],
        members: ['a:1', 'b:1', 'c:1', 'd:1', 'e:1'],
      },
      // Three, and used in another way.
      ...['x', 'y', 'z'].map((name) => ({
        id: `r/${name}:1`,
        kind: 'image',
        lines: [`${name}:1`],
      })),
    ],
    arrows: [
      { from: 'r/base:1', to: 'folded r/a:1', kind: 'base' },
      ...['x', 'y', 'z'].map((name) => ({ from: 'r/base:1', to: `r/${name}:1`, kind: 'use' })),
    ],
  });
});

test('an image that is named is never folded, and the fourth of four has its name', () => {
  const { boxes } = folded(diagramOf(inputOf(many, { named: new Set([reference('c')]) })));
  assert.deepEqual(
    boxes.map(({ id }) => id),
    ['r/base:1', 'folded r/a:1', 'r/c:1', 'r/x:1', 'r/y:1', 'r/z:1'],
  );
  assert.deepEqual(boxes[1]?.lines, ['4 images', 'a:1', 'b:1', 'd:1', 'e:1']);
});

test('a folded box is of one state', () => {
  const states = new Map(
    many.images.map((image) => [
      image.reference,
      image.reference === reference('e') ? ('absent' as const) : ('published' as const),
    ]),
  );
  const { boxes } = folded(diagramOf(inputOf(many, { states })));
  assert.deepEqual(
    boxes.slice(0, 3).map(({ lines, state }) => [lines, state]),
    [
      [['base:1', 'published'], 'published'],
      [['4 images, published', 'a:1', 'b:1', 'c:1', 'd:1'], 'published'],
      [['e:1', 'absent'], 'absent'],
    ],
  );
});

test('images without parents and children are folded too', () => {
  const alone = graphOf(['p', 'q', 'r', 's', 't'].map((name) => ({ name })));
  const { boxes, arrows } = folded(diagramOf(inputOf(alone)));
  assert.deepEqual(
    boxes.map(({ lines }) => lines[0]),
    ['5 images'],
  );
  assert.deepEqual(arrows, []);
});
