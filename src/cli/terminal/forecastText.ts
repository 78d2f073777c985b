import type { Forecast } from '#builder/report/forecast.js';
import { some } from '#core/text/some.js';
import type { Decision } from '#fleet/status/decide.js';
import { statesOf } from '#fleet/status/summary.js';
import { fit } from './fit.js';
import { table } from './table.js';

/** What is told besides the decisions. */
export interface ForecastMore {
  /** The bases that are pulled first. */
  readonly bases: readonly string[];
  /** The directories of root filesystems that are made first. */
  readonly rootfs: readonly string[];
  /** Whether `latest` is moved to lower versions too. */
  readonly forced: boolean;
}

/** So many bases, and root file systems, are named. */
const mostNames = 5;

/**
 * What a build would do in words, in the order in which it would happen: each group has a heading with its number
 * and a line an image; what needs nothing is counted.
 *
 * @param columns of the terminal; absent: lines are whole
 */
export function forecastText(
  { built, finished, latest, tagged, stopped, kept, settled }: Forecast,
  { bases, rootfs, forced }: ForecastMore,
  columns?: number,
): string {
  const group = (
    heading: string,
    decisions: readonly Decision[],
    cells: (decision: Decision) => readonly string[],
  ): string => {
    if (decisions.length === 0) {
      return '';
    }
    const lines = table(decisions.map((decision) => [decision.reference, ...cells(decision)]))
      .trimEnd()
      .split('\n');
    return [fit(heading, columns), ...lines.map((line) => fit(`  ${line}`, columns)), ''].join(
      '\n',
    );
  };
  const line = (text: string): string => `${fit(text, columns)}\n`;
  return [
    ...(rootfs.length === 0
      ? []
      : [line(`Would make ${count(rootfs, 'root file system')}: ${some(rootfs, mostNames)}`)]),
    ...(bases.length === 0
      ? []
      : [line(`Would pull ${count(bases, 'base')}: ${some(bases, mostNames)}`)]),
    ...built.map(({ isLocal, unpublished, decisions }) => {
      const what = count(decisions, 'image');
      const heading = isLocal
        ? `Would build and test ${what}:`
        : unpublished === undefined
          ? `Would build, test and publish ${what}:`
          : `Would build and test ${what}, not publish ${them(decisions)} (${unpublished}):`;
      return group(heading, decisions, ({ why }) => [why]);
    }),
    group(
      `Would test and publish ${count(finished, 'image')} built already:`,
      finished,
      ({ why }) => [why],
    ),
    ...(latest === 0
      ? []
      : [line(`Would move latest to ${latest} of them${forced ? '' : ', where it is lower'}`)]),
    group(
      `Would put missing tags on ${count(tagged, 'published image')}:`,
      tagged,
      ({ owed = [] }) => [owed.join(', ')],
    ),
    group(`Would not build ${count(stopped, 'image')}:`, stopped, ({ state, action, why }) => [
      action === 'stop' ? (state === 'lost' ? 'lost' : 'stopped') : words[action],
      why,
    ]),
    group(
      `Would leave ${count(kept, 'image')} as ${kept.length === 1 ? 'it is' : 'they are'}:`,
      kept,
      ({ state, held, why }) => [held === undefined ? state : `${state}, latest held`, why],
    ),
    ...(settled.length === 0 ? [] : [line(`Nothing to do for ${statesOf(settled)}`)]),
  ].join('');
}

const words = {
  build: 'build',
  finish: 'finish',
  use: 'used',
  skip: 'skipped',
  fail: 'broken',
  held: 'held',
  blocked: 'blocked',
} as const;

function count(things: readonly unknown[], noun: string): string {
  return `${things.length} ${noun}${things.length === 1 ? '' : 's'}`;
}

function them({ length }: readonly unknown[]): string {
  return length === 1 ? 'it' : 'them';
}
