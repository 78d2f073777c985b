import type { Decision } from '#fleet/status/decide.js';
import { statusRow } from '#fleet/status/summary.js';
import { shownNames } from './shownNames.js';
import { type Column, table } from './table.js';

const columns: readonly Column[] = [
  { head: 'IMAGE', wraps: true },
  { head: 'STATE', least: 9, leaves: 1 },
  { head: 'BUILD' },
  { head: 'WHY', least: 16 },
];

/** A name is moved to the right by two columns a step, up to so many steps. */
const mostSteps = 4;

export interface StatusRow {
  readonly decision: Decision;
  /** How many images are between it and what has nothing above it; absent: none. */
  readonly depth?: number;
}

/**
 * The table of `status`, empty without rows. On a terminal, what is dragged along is below its cause and further
 * to the right.
 *
 * @param references of all images: what they begin with is left out on a terminal
 * @param width of the terminal; absent: it is not one
 */
export function statusTable(
  rows: readonly StatusRow[],
  references: readonly string[],
  width?: number,
): string {
  if (rows.length === 0) {
    return '';
  }
  const { short, heading } = shownNames(references, width);
  const cells = rows.map(({ decision, depth = 0 }) => {
    const [image, ...others] = statusRow(decision).map(short);
    const steps = width === undefined ? 0 : Math.min(depth, mostSteps);
    return [`${'  '.repeat(steps)}${image ?? ''}`, ...others];
  });
  return heading + table(columns, cells, width);
}
