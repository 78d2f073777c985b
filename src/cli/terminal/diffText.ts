import { printable } from '#core/text/printable.js';
import type { DiffRows, Section } from './diffRows.js';
import { table } from './table.js';

/** So many rows of a section are shown where nobody asks for all. */
const mostRows = 200;

/** For a terminal. */
export function diffText(name: string, rows: DiffRows, { all }: { readonly all: boolean }): string {
  const section = sectionOf(all ? Number.POSITIVE_INFINITY : mostRows);
  return [
    `${printable(`${name}: ${rows.from} → ${rows.to}`)}\n`,
    ...section('packages', rows.packages),
    ...section('config', rows.settings),
    ...section('layers', rows.layers),
    ...(rows.size === undefined ? [] : [`size: ${rows.size}\n`]),
    ...section('files', rows.files),
    `${rows.verdict}\n`,
  ].join('');
}

function sectionOf(most: number): (title: string, section: Section) => string[] {
  return (title, { summary, rows }) => {
    const lines = rows.slice(0, most).map((row) => ['', ...arrows(row)]);
    const left = rows.length - lines.length;
    return [
      `${title}: ${summary}\n`,
      ...(lines.length === 0 ? [] : [table(lines)]),
      ...(left === 0 ? [] : [`  and ${left} more (--files lists all)\n`]),
    ];
  };
}

/** The columns `from` and `to` in one: `1.0 → 1.1`, or the one that there is. */
function arrows(row: readonly string[]): string[] {
  const [change = '', second = '', third = '', fourth] = row;
  const join = (from: string, to: string) =>
    from === '' || to === '' ? from || to : from === to ? from : `${from} → ${to}`;
  if (fourth === undefined) {
    return [change, join(second, third) || '?'];
  }
  return fourth.startsWith('/')
    ? [change, join(second, third), fourth]
    : [change, second, join(third, fourth)];
}
