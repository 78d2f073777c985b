import { printable } from '#core/text/printable.js';
import type { Arrow, Box, Diagram } from './diagram.js';
import * as look from './look.js';

/** What GitHub and GitLab draw at most, as Mermaid has it: links, and characters of text. */
export const limits = { arrows: 500, characters: 50_000 } as const;

/** The diagram as a flowchart of Mermaid, as GitHub and GitLab draw it in Markdown. */
export function emitMermaid({ boxes, arrows }: Diagram): string {
  const ids = new Map(boxes.map(({ id }, at) => [id, `n${at}`]));
  const idOf = (id: string): string => ids.get(id) ?? '';
  const states = new Set(boxes.map(classOf));
  return [
    // Names in one line, as long as they are: they have no spaces, and are cut at each dash else.
    '%%{init: {"flowchart": {"wrappingWidth": 800}}}%%',
    'flowchart LR',
    ...boxes.map((box) => `  ${idOf(box.id)}${shapeOf(box)}:::${classOf(box)}`),
    ...arrows.map((arrow) => linkOf(arrow, idOf)),
    ...[...states].sort().map((name) => `  classDef ${name} ${styleOf(name)}`),
    ...extraClass(boxes, idOf, 'external', 'stroke-dasharray:5 4'),
    ...extraClass(boxes, idOf, 'named', 'stroke-width:3px'),
    `  linkStyle default stroke:${look.arrow}`,
    '',
  ]
    .filter((line) => arrows.length > 0 || !line.includes('linkStyle'))
    .join('\n');
}

function shapeOf({ kind, lines }: Box): string {
  const label = `"${lines.map(escapeText).join('<br>')}"`;
  return kind === 'folded' ? `[[${label}]]` : `[${label}]`;
}

function linkOf({ from, to, kind }: Arrow, idOf: (id: string) => string): string {
  return `  ${idOf(from)} ${kind === 'base' ? '-->' : '-.->'} ${idOf(to)}`;
}

function classOf({ state }: Box): keyof typeof look.looks | 'plain' {
  return state ?? 'plain';
}

function styleOf(name: ReturnType<typeof classOf>): string {
  const { fill, border } = name === 'plain' ? look.plain : look.looks[name];
  return `fill:${fill},stroke:${border},color:${look.text}`;
}

function extraClass(
  boxes: readonly Box[],
  idOf: (id: string) => string,
  name: 'external' | 'named',
  style: string,
): readonly string[] {
  const members = boxes.filter((box) =>
    name === 'external' ? box.kind === name : box.named !== undefined,
  );
  return members.length === 0
    ? []
    : [
        `  classDef ${name} ${style}`,
        `  class ${members.map(({ id }) => idOf(id)).join(',')} ${name}`,
      ];
}

/**
 * Text in quotes: everything that Mermaid, Markdown or HTML could read as more than itself is an entity code of
 * Mermaid (`#34;` for a quote). `style` too, behind which Mermaid takes a semicolon away that is one of these. In the
 * decoded text Mermaid still looks for `\n` (a new line), `$$` (mathematics) and `fa:fa-bug` (an icon): a word joiner,
 * which nobody sees, parts these.
 */
function escapeText(text: string): string {
  return printable(text)
    .replace(/\\(?=n)|\$(?=\$)|:(?=fa-)/g, '$&\u2060')
    .replace(/[^\p{L}\p{N} ._/:@,+-]/gu, (character) => `#${character.codePointAt(0)};`)
    .replace(/(?=style|classDef)./g, (character) => `#${character.charCodeAt(0)};`);
}
