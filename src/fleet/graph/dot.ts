import { printable } from '#core/text/printable.js';
import type { Arrow, Box, Diagram } from './diagram.js';
import * as look from './look.js';

/**
 * The diagram in the DOT language of Graphviz. An image's node is called by its whole reference. Letters are all of one
 * width, so that text fits its box with whatever font a reader's machine has.
 */
export function emitDot({ boxes, arrows }: Diagram): string {
  return [
    'digraph images {',
    '  graph [rankdir=LR, bgcolor=transparent, nodesep=0.12, ranksep=0.7];',
    `  node [shape=box, style="rounded,filled", fontname="Courier", fontsize=10, fontcolor="${look.text}", margin="0.12,0.05", height=0.3];`,
    `  edge [color="${look.arrow}", arrowsize=0.7];`,
    ...boxes.map(nodeOf),
    ...arrows.map(edgeOf),
    '}',
    '',
  ].join('\n');
}

function nodeOf(box: Box): string {
  const { fill, border } = box.state === undefined ? look.plain : look.looks[box.state];
  const attributes = [
    `label=${label(box.lines)}`,
    `fillcolor="${fill}"`,
    `color="${border}"`,
    ...(box.kind === 'external' ? ['style="dashed,filled"'] : []),
    ...(box.kind === 'folded' ? ['peripheries=2'] : []),
    ...(box.named === undefined ? [] : ['penwidth=2.5']),
    ...(box.members === undefined ? [] : [`tooltip=${tooltip(box.members)}`]),
  ];
  return `  ${identifier(box.id)} [${attributes.join(', ')}];`;
}

function edgeOf({ from, to, kind }: Arrow): string {
  const style = kind === 'base' ? '' : ' [style=dashed]';
  return `  ${identifier(from)} -> ${identifier(to)}${style};`;
}

/**
 * A quoted identifier. Graphviz undoes `\"` alone and keeps other backslashes, so two texts never give one
 * identifier: backslashes are doubled, and a control character becomes an escape with one.
 */
function identifier(text: string): string {
  return `"${printable(text.replaceAll('\\', '\\\\')).replaceAll('"', '\\"')}"`;
}

/** Lines of a label: there a backslash begins an escape (`\N` is the node's name), and entities of HTML are read. */
function label(lines: readonly string[]): string {
  return quoted(lines, '\\\\');
}

/** Lines of a tooltip: Graphviz reads its escapes twice. */
function tooltip(lines: readonly string[]): string {
  return quoted(lines, '\\\\\\\\');
}

function quoted(lines: readonly string[], backslash: string): string {
  const escaped = lines.map((line) =>
    printable(line)
      .replaceAll('\\', () => backslash)
      .replaceAll('"', '\\"')
      .replaceAll('&', '&amp;'),
  );
  return `"${escaped.join('\\n')}"`;
}
