import type { ImageFacts } from '#compiler/facts/imageFacts.js';
import type { BuiltFacts } from '#fleet/sizes/built.js';
import { sizeText } from '#upkeep/prune/localPrune.js';
import { type FactColumn, factColumns, type TableView } from '../columns.js';
import { type Column, table } from './table.js';

/** All that is known of an image beside its definition and its state. */
export type KnownFacts = ImageFacts & BuiltFacts;

/** One cell: its text, and what it is sorted by where that is not the text: the highest first. */
interface Cell {
  readonly text: string;
  readonly rank?: number;
}

/** A row with all columns of its command. */
export interface FactRow<Own extends string> {
  readonly own: Readonly<Record<Own, string>>;
  readonly facts: KnownFacts;
}

const heads: Readonly<Record<FactColumn, Column>> = {
  owner: { head: 'OWNER', least: 16 },
  changed: { head: 'CHANGED' },
  tests: { head: 'TESTS' },
  built: { head: 'BUILT' },
  size: { head: 'SIZE' },
  own: { head: 'OWN' },
};

const unknown = '-';

/** A table of the columns that somebody asked for: none of them is left out on a narrow terminal. */
export function viewTable<Own extends string>(
  rows: readonly FactRow<Own>[],
  ownHeads: Readonly<Record<Own, Column>>,
  columns: readonly (Own | FactColumn)[],
  width: number | undefined,
): string {
  const all: Readonly<Record<string, Column>> = { ...ownHeads, ...heads };
  const shown = columns.map((name): Column => {
    const { leaves: _, ...column } = all[name] ?? {};
    return column;
  });
  const cells = rows.map((row) => columns.map((name) => cellOf(row, name).text));
  return table(shown, cells, width);
}

/** In the order of a column; what is not known comes last, and what is equal stays in its order. */
export function sortedRows<Own extends string, Row extends FactRow<Own>>(
  rows: readonly Row[],
  by: TableView<Own>['sort'],
): readonly Row[] {
  if (by === undefined) {
    return rows;
  }
  return rows
    .map((row) => ({ row, cell: cellOf(row, by) }))
    .sort(({ cell: a }, { cell: b }) => {
      if (a.text === unknown || b.text === unknown) {
        return Number(a.text === unknown) - Number(b.text === unknown);
      }
      return a.rank !== undefined && b.rank !== undefined
        ? b.rank - a.rank
        : compare(a.text, b.text);
    })
    .map(({ row }) => row);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isFact(name: string): name is FactColumn {
  return (factColumns as readonly string[]).includes(name);
}

function cellOf<Own extends string>({ own, facts }: FactRow<Own>, name: Own | FactColumn): Cell {
  return isFact(name) ? factCell(facts, name) : { text: own[name] };
}

function factCell(
  { owner, tests, lastChange, lastBuilt, size }: KnownFacts,
  name: FactColumn,
): Cell {
  switch (name) {
    case 'owner':
      return { text: owner ?? unknown };
    case 'tests':
      return { text: tests ?? unknown };
    case 'changed': {
      const date = dayCell(lastChange?.date);
      return date.text === unknown ? { text: lastChange?.version ?? unknown, rank: 0 } : date;
    }
    case 'built':
      return dayCell(lastBuilt);
    case 'size':
      return sizeCell(size?.total, size?.of);
    case 'own':
      return sizeCell(size?.own, size?.of);
  }
}

function dayCell(moment: string | undefined): Cell {
  return moment === undefined
    ? { text: unknown }
    : { text: moment.slice(0, 10), rank: Date.parse(moment) };
}

/** What an engine has is unpacked: it is not to be compared with what registries have. */
function sizeCell(bytes: number | undefined, of: 'published' | 'local' | undefined): Cell {
  if (bytes === undefined) {
    return { text: unknown };
  }
  return { text: `${sizeText(bytes)}${of === 'local' ? ' local' : ''}`, rank: bytes };
}
