import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';
import { statusRow } from '#fleet/status/summary.js';
import { type StatusColumn, statusColumns, type TableView } from '../columns.js';
import { type FactRow, type KnownFacts, sortedRows, viewTable } from './factCells.js';
import { shownNames } from './shownNames.js';
import { type Column, table } from './table.js';

const heads: Readonly<Record<StatusColumn, Column>> = {
  image: { head: 'IMAGE', wraps: true },
  state: { head: 'STATE', least: 9, leaves: 1 },
  build: { head: 'BUILD' },
  why: { head: 'WHY', least: 16 },
};

/** A name is moved to the right by two columns a step, up to so many steps. */
const mostSteps = 4;

export interface StatusRow {
  readonly decision: Decision;
  /** How many images are between it and what has nothing above it; absent: none. */
  readonly depth?: number;
}

/** What `status` shows of the columns beyond those of every day. */
export interface StatusView extends TableView<StatusColumn> {
  readonly factsOf: (reference: Reference) => KnownFacts;
}

/**
 * The table of `status`, empty without rows. On a terminal, what is dragged along is below its cause and further
 * to the right.
 *
 * @param references of all images: what they begin with is left out on a terminal
 * @param width of the terminal; absent: it is not one
 * @param view absent: the columns of every day
 */
export function statusTable(
  rows: readonly StatusRow[],
  references: readonly string[],
  width?: number,
  view: StatusView = { factsOf: () => ({}) },
): string {
  if (rows.length === 0) {
    return '';
  }
  const { short, heading } = shownNames(references, width);
  const known = rows.map(({ decision, depth = 0 }): FactRow<StatusColumn> => {
    const [image, state, build, why] = statusRow(decision);
    // What is sorted by something else is not below its cause.
    const steps = width === undefined || view.sort !== undefined ? 0 : Math.min(depth, mostSteps);
    return {
      own: {
        image: `${'  '.repeat(steps)}${short(image)}`,
        state: short(state),
        build: short(build),
        why: short(why),
      },
      facts: view.factsOf(decision.reference),
    };
  });
  const sorted = sortedRows<StatusColumn, FactRow<StatusColumn>>(known, view.sort);
  if (view.columns !== undefined) {
    return heading + viewTable(sorted, heads, view.columns, width);
  }
  const columns = statusColumns.map((name) => heads[name]);
  const cells = sorted.map(({ own }) => statusColumns.map((name) => own[name]));
  return heading + table(columns, cells, width);
}
