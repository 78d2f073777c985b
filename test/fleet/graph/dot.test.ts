import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw } from '#adapters/graphviz/draw.js';
import { printable } from '#core/text/printable.js';
import type { Box, Diagram } from '#fleet/graph/diagram.js';
import { emitDot } from '#fleet/graph/dot.js';
import { lines } from '../../support/explain.js';
import { hostileNames } from '../../support/hostileNames.js';

async function drawn(diagram: Diagram, format: 'svg' | 'json'): Promise<string> {
  const drawing = await draw(emitDot(diagram), format);
  assert.equal(drawing.kind, 'drawn', JSON.stringify(drawing));
  return drawing.kind === 'drawn' ? drawing.text : '';
}

function box(id: string, more: Partial<Box> = {}): Box {
  return { id, kind: 'image', lines: [id], ...more };
}

test('a diagram of each kind of box and arrow', () => {
  const text = emitDot({
    boxes: [
      box('external debian:12', { kind: 'external', lines: ['debian:12'] }),
      box('r/base:1', { lines: ['base:1', 'drifted'], state: 'drifted', named: true }),
      box('folded r/a:1', { kind: 'folded', lines: ['4 images', 'a:1'], members: ['a:1', 'b:1'] }),
    ],
    arrows: [
      { from: 'external debian:12', to: 'r/base:1', kind: 'base' },
      { from: 'r/base:1', to: 'folded r/a:1', kind: 'use' },
    ],
  });
  const body = text.slice(text.indexOf('  "external'));
  assert.equal(
    body,
    lines(`
      "external debian:12" [label="debian:12", fillcolor="#f6f8fa", color="#57606a", style="dashed,filled"];
      "r/base:1" [label="base:1\\ndrifted", fillcolor="#ffd8b5", color="#bc4c00", penwidth=2.5];
      "folded r/a:1" [label="4 images\\na:1", fillcolor="#f6f8fa", color="#57606a", peripheries=2, tooltip="a:1\\nb:1"];
      "external debian:12" -> "r/base:1";
      "r/base:1" -> "folded r/a:1" [style=dashed];
    `)
      .split('\n')
      .map((line) => (line === '' ? '' : `  ${line}`))
      .join('\n')
      .concat('}\n'),
  );
});

/** As DOT keeps an identifier: backslashes doubled, what a terminal would obey escaped with one. */
const identifierOf = (name: string) => printable(name.replaceAll('\\', '\\\\'));

test('Graphviz reads each hostile name as one node, and an arrow as one between two of them', async () => {
  const boxes = hostileNames.map((name) => box(name));
  const arrows = hostileNames
    .slice(1)
    .map((to, at) => ({ from: hostileNames[at] ?? '', to, kind: 'base' as const }));
  const read = JSON.parse(await drawn({ boxes, arrows }, 'json')) as {
    readonly objects: readonly { readonly name: string; readonly _gvid: number }[];
    readonly edges: readonly { readonly tail: number; readonly head: number }[];
  };
  assert.deepEqual(
    read.objects.map(({ name }) => name),
    hostileNames.map(identifierOf),
  );
  assert.deepEqual(
    read.edges.map(({ tail, head }) => [tail, head]),
    hostileNames.slice(1).map((_, at) => [at, at + 1]),
  );
});

test('a picture shows each hostile name as it is, and nothing else', async () => {
  const svg = await drawn(
    {
      boxes: hostileNames.map((name, at) =>
        box(`n ${at}`, { lines: [name], kind: 'folded', members: [name] }),
      ),
      arrows: [],
    },
    'svg',
  );
  const texts = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
  assert.deepEqual(texts.map(unescaped), hostileNames.map(printable));
  const titles = [...svg.matchAll(/xlink:title="([^"]*)"/g)].map(([, text = '']) => text);
  assert.deepEqual(titles.map(unescaped), hostileNames.map(printable));
  const elements = new Set([...svg.matchAll(/<([a-zA-Z]+)/g)].map(([, name]) => name));
  assert.deepEqual([...elements].sort(), ['a', 'g', 'path', 'svg', 'text', 'title']);
  assert.doesNotMatch(svg, /href=|<script|[\u0000-\u0008\u001b\u202e]/);
});

/** What a reader of XML makes of it. */
function unescaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    lt: '<',
    gt: '>',
    amp: '&',
    quot: '"',
    apos: "'",
  };
  assert.doesNotMatch(text, /&(?!#\d+;|#x[0-9a-f]+;|(?:lt|gt|amp|quot|apos);)/i);
  return text
    .replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_all, hex, decimal, name) =>
      name === undefined
        ? String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
        : (names[name] ?? ''),
    )
    .replaceAll('\u00a0', ' ');
}

test('the same diagram gives the same bytes', async () => {
  const diagram = { boxes: ['b', 'a', 'c'].map((id) => box(id)), arrows: [] };
  assert.equal(await drawn(diagram, 'svg'), await drawn(diagram, 'svg'));
});

test('what is not DOT is a failure with a message', async () => {
  const drawing = await draw('digraph { "a', 'svg');
  assert.equal(drawing.kind, 'failed');
  assert.match(drawing.kind === 'failed' ? drawing.message : '', /syntax error|unterminated/);
  // And Graphviz can be used again.
  assert.equal((await draw('digraph { a }', 'svg')).kind, 'drawn');
});
