import { displayWidth, printable } from '#core/text/printable.js';
import { cutEnd, cutStart } from './fit.js';

/** One column of a table, and what it gives up where the terminal is too narrow. */
export interface Column {
  /** Absent of all columns: the table has no heading. */
  readonly head?: string;
  /** Cells may be cut down to so many columns; absent: they are never cut. */
  readonly least?: number;
  /** Which end of a cell is cut; absent: its end. */
  readonly cuts?: 'start';
  /** The column is left out where there is no room, the lowest number first; absent: never. */
  readonly leaves?: number;
  /** A cell that is too wide is whole in a line of its own: for names. */
  readonly wraps?: true;
}

/** Between two columns. */
const gap = '  ';

/** A column that wraps takes at most this part of the line. */
const widestName = 1 / 2;

/**
 * Columns two spaces apart, the last one as long as it is.
 *
 * @param width of the terminal, which the table fits; absent: nothing is left out or cut, as in a pipe
 */
export function table(
  columns: readonly Column[],
  raw: readonly (readonly string[])[],
  width?: number,
): string {
  const heads = columns.map(({ head = '' }) => head);
  const heading = heads.some((head) => head !== '') ? [heads] : [];
  // The name of a directory may hold an escape or a newline: it could forge rows.
  const rows = [...heading, ...raw].map((row) => row.map(printable));
  const sized = columns.map((column, at): SizedColumn => {
    const widths = rows.map((row) => displayWidth(row[at] ?? ''));
    return { column, at, widths, width: Math.max(0, ...widths) };
  });
  const fitting = width === undefined || total(sized) <= width ? sized : fitted(sized, width);
  return rows.map((row) => `${lineOf(row, fitting)}\n`).join('');
}

interface SizedColumn {
  readonly column: Column;
  /** Which cell of a row is in it. */
  readonly at: number;
  /** Of its cells. */
  readonly widths: readonly number[];
  readonly width: number;
}

function total(columns: readonly { readonly width: number }[]): number {
  const gaps = gap.length * Math.max(0, columns.length - 1);
  return columns.reduce((sum, { width }) => sum + width, gaps);
}

/** The columns that a terminal has room for: some left out, the others as wide as there is room. */
function fitted(sized: readonly SizedColumn[], width: number): readonly SizedColumn[] {
  const leasts = sized.map((one) => ({ ...one, width: leastOf(one) }));
  const always = leasts.filter(({ column }) => column.leaves === undefined && !column.wraps);
  const beside = total(always) + (always.length === 0 ? 0 : gap.length);
  const cap = Math.max(1, Math.min(Math.floor(width * widestName), width - beside));
  let kept: readonly SizedColumn[] = leasts.map((one) =>
    one.column.wraps === true ? { ...one, width: widestBelow(one, cap) } : one,
  );
  while (total(kept) > width) {
    const next = kept
      .filter(({ column }) => column.leaves !== undefined)
      .sort((a, b) => (a.column.leaves ?? 0) - (b.column.leaves ?? 0))[0];
    if (next === undefined) {
      break;
    }
    kept = kept.filter((one) => one !== next);
  }
  return filled(kept, sized, width);
}

function leastOf({ column: { least }, width }: SizedColumn): number {
  return Math.min(width, least ?? width);
}

/** The widest of its cells that is not wider than `cap`. */
function widestBelow({ widths }: SizedColumn, cap: number): number {
  return Math.max(0, ...widths.filter((width) => width <= cap));
}

/** What is left of the line goes to the columns that are cut, evenly. */
function filled(
  kept: readonly SizedColumn[],
  sized: readonly SizedColumn[],
  width: number,
): readonly SizedColumn[] {
  const widths = new Map(kept.map((one) => [one.at, one.width]));
  const wanted = (at: number): number => sized[at]?.width ?? 0;
  const open = () =>
    kept.filter(({ column, at }) => !column.wraps && (widths.get(at) ?? 0) < wanted(at));
  for (let rest = width - total(kept); rest > 0; ) {
    const growing = open().slice(0, rest);
    if (growing.length === 0) {
      break;
    }
    for (const { at } of growing) {
      widths.set(at, (widths.get(at) ?? 0) + 1);
    }
    rest -= growing.length;
  }
  return kept.map((one) => ({ ...one, width: widths.get(one.at) ?? one.width }));
}

function lineOf(row: readonly string[], columns: readonly SizedColumn[]): string {
  let line = '';
  let before = 0;
  for (const [place, { column, at, width }] of columns.entries()) {
    const cell = row[at] ?? '';
    const isLast = place === columns.length - 1;
    const room = width - displayWidth(cell);
    if (room >= 0) {
      line += isLast ? cell : cell + ' '.repeat(room) + gap;
    } else if (column.wraps === true) {
      line += isLast ? cell : `${cell}\n${' '.repeat(before + width)}${gap}`;
    } else {
      line += (column.cuts === 'start' ? cutStart : cutEnd)(cell, width) + (isLast ? '' : gap);
    }
    before += width + gap.length;
  }
  return line.trimEnd();
}
