import { printable } from '#core/text/printable.js';
import type { DiffRows, Section } from './diffRows.js';
import { type Column, table } from './table.js';

/** So many rows of a section are shown where nobody asks for all. */
const mostRows = 200;

/** For a terminal. */
export function diffText(
  name: string,
  rows: DiffRows,
  { all, width }: { readonly all: boolean; readonly width: number | undefined },
): string {
  const section = sectionOf(all ? Number.POSITIVE_INFINITY : mostRows, width);
  return [
    `${printable(`${name}: ${rows.from} → ${rows.to}`)}\n`,
    ...(rows.platform === undefined
      ? []
      : [`platform: ${printable(rows.platform)} (--platform names one)\n`]),
    ...section('packages', rows.packages),
    ...section('config', rows.settings),
    ...section('layers', rows.layers),
    ...(rows.size === undefined ? [] : [`size: ${rows.size}\n`]),
    ...section('files', rows.files),
    `${rows.verdict}\n`,
  ].join('');
}

function sectionOf(
  most: number,
  width: number | undefined,
): (title: string, section: Section) => string[] {
  return (title, { summary, rows }) => {
    const lines = rows.slice(0, most).map((row) => ['', ...cellsOf(title, row)]);
    const left = rows.length - lines.length;
    return [
      `${title}: ${summary}\n`,
      ...(lines.length === 0 ? [] : [table(columnsOf(title), lines, width)]),
      ...(left === 0 ? [] : [`  and ${left} more (--files lists all)\n`]),
    ];
  };
}

/** The first is the indent; of a path the end says most. */
function columnsOf(title: string): readonly Column[] {
  switch (title) {
    case 'layers':
      return [{}, {}, {}];
    case 'files':
      return [{}, {}, { least: 20 }, { least: 24, cuts: 'start' }];
    default:
      return [{}, {}, { least: 16 }, { least: 24 }];
  }
}

/** The columns `from` and `to`, the last ones of all but files, in one: `1.0 → 1.1`, or the one that there is. */
function cellsOf(title: string, row: readonly string[]): readonly string[] {
  if (title === 'files') {
    return row;
  }
  const [from = '', to = ''] = row.slice(-2);
  const joined = from === '' || to === '' ? from || to || '?' : `${from} → ${to}`;
  return [...row.slice(0, -2), joined];
}
