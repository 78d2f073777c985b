import type { Forecast } from '#builder/report/forecast.js';
import { holdText } from '#compiler/select/heldBy.js';
import { groupBy } from '#core/data/groups.js';
import { some } from '#core/text/some.js';
import type { Decision } from '#fleet/status/decide.js';
import { statesOf } from '#fleet/status/summary.js';
import { fit } from './fit.js';
import { shownNames } from './shownNames.js';
import { type Column, table } from './table.js';

/** What is told besides the decisions. */
export interface ForecastMore {
  /** The bases that are pulled first. */
  readonly bases: readonly string[];
  /** The directories of root filesystems that are made first. */
  readonly rootfs: readonly string[];
  /** Whether `latest` is moved to lower versions too. */
  readonly forced: boolean;
}

/** Where the text is shown. */
export interface ForecastScreen {
  /** Of all images: what they begin with is left out on a terminal. */
  readonly references: readonly string[];
  /** Of the terminal; undefined: it is not one. */
  readonly width: number | undefined;
}

interface Group {
  readonly heading: string;
  readonly decisions: readonly Decision[];
  /** What is said of an image, behind its name. */
  readonly cells: (decision: Decision) => readonly string[];
  /** The images are many, and the heading says all of them: some are named. */
  readonly folded?: true;
}

const indent = '  ';

/** More images than these of which the same is to be said are told together. */
const mostAlone = 3;

/** So many bases, images of a group that is told together, and root file systems, are named. */
const mostNames = 5;

/**
 * What a build would do in words, in the order in which it would happen: each group has a heading with its number
 * and a line an image; what needs nothing is counted.
 */
export function forecastText(
  forecast: Forecast,
  { bases, rootfs, forced }: ForecastMore,
  { references, width }: ForecastScreen,
): string {
  const { latest, latestHeld, settled, unpublished } = forecast;
  const names = shownNames(references, width);
  const told = (group: Group): string => groupText(group, names.short, width);
  // Sentences are not cut: a terminal wraps them.
  const line = (text: string): string => `${text}\n`;
  const published = publishedGroups(forecast);
  const others = otherGroups(forecast);
  const first = [
    ...(rootfs.length === 0
      ? []
      : [line(`Would make ${count(rootfs, 'root file system')}: ${some(rootfs, mostNames)}`)]),
    ...(bases.length === 0
      ? []
      : [line(`Would pull ${count(bases, 'base')}: ${some(bases.map(names.short), mostNames)}`)]),
  ];
  const moves =
    latest === 0
      ? []
      : [
          line(
            `Would move latest to ${latest} of them${forced ? '' : ', unless it is at a higher version'}`,
          ),
        ];
  return [
    published.length + others.length === 0 ? '' : names.heading,
    ...first,
    ...published.map(told),
    ...moves,
    ...heldLatest(latestHeld, names.short).map(line),
    ...others.map(told),
    ...(settled.length === 0 ? [] : [line(`Nothing to do for ${statesOf(settled)}`)]),
    ...[...unpublished].map(([why, number]) =>
      line(`Would not publish ${number} built image${number === 1 ? '' : 's'}: ${why}`),
    ),
  ].join('');
}

/** A line for each hold on `latest`. */
function heldLatest(
  decisions: readonly Decision[],
  short: (text: string) => string,
): readonly string[] {
  const byHold = groupBy(decisions, ({ hold }) => (hold === undefined ? '' : holdText(hold.hold)));
  return [...byHold].map(([text, held]) => {
    const names = held.map(({ reference }) => short(reference));
    return `Would not move latest to ${some(names, mostNames)}: ${text}`;
  });
}

function groupText(
  { heading, decisions, cells, folded }: Group,
  short: (text: string) => string,
  width: number | undefined,
): string {
  if (folded) {
    const names = decisions.map(({ reference }) => short(reference));
    return `${heading}\n${fit(`${indent}${some(names, mostNames)}`, width)}\n`;
  }
  const rows = decisions.map((decision) => [decision.reference, ...cells(decision)].map(short));
  const [first = []] = rows;
  const columns = first.map((_, at): Column => {
    const isLast = at === first.length - 1;
    return at === 0 ? { wraps: true } : isLast ? { least: 16 } : {};
  });
  const inner = width === undefined ? undefined : Math.max(1, width - indent.length);
  const lines = table(columns, rows, inner).replace(/^(?=.)/gm, indent);
  return `${heading}\n${lines}`;
}

/** What would be built, and what would be published. */
function publishedGroups({ built, untested, finished }: Forecast): readonly Group[] {
  const work = untested ? 'build, without tests,' : 'build and test';
  const why = (decision: Decision) => [decision.why];
  const groups = built.map(({ isLocal, unpublished, decisions }): Group => {
    const what = count(decisions, 'image');
    const them = decisions.length === 1 ? 'it' : 'them';
    const heading = isLocal
      ? `Would ${work} ${what}:`
      : unpublished === undefined
        ? `Would build, test and publish ${what}:`
        : `Would ${work} ${what}, not publish ${them} (${unpublished}):`;
    return { heading, decisions, cells: why };
  });
  const tested = finished.filter(({ isOnlyTested }) => isOnlyTested);
  const published = finished.filter((decision) => !tested.includes(decision));
  const heading = `Would test and publish ${count(published, 'image')} built already:`;
  const testing = `Would test ${count(tested, 'image')} built already:`;
  return withSome([
    ...groups,
    { heading, decisions: published, cells: why },
    { heading: testing, decisions: tested, cells: why },
  ]);
}

/** Tags that are owed, what would not be built, and what would be left as it is. */
function otherGroups({ tagged, stopped, kept }: Forecast): readonly Group[] {
  const byReason = [...groupBy(stopped, ({ why }) => why)];
  const many = byReason.filter(([, { length }]) => length > mostAlone);
  const apart = new Set(many.flatMap(([, decisions]) => decisions));
  const few = stopped.filter((decision) => !apart.has(decision));
  return withSome([
    {
      heading: `Would put missing tags on ${count(tagged, 'published image')}:`,
      decisions: tagged,
      cells: ({ owed = [] }) => [owed.join(', ')],
    },
    ...many.map(([why, decisions]): Group => {
      const heading = `Would not build ${count(decisions, 'image')}: ${why}`;
      return { heading, decisions, cells: () => [], folded: true };
    }),
    {
      heading: `Would not build ${count(few, 'image')}:`,
      decisions: few,
      cells: ({ state, action, why }) => [
        action === 'stop' ? (state === 'lost' ? 'lost' : 'stopped') : words[action],
        why,
      ],
    },
    {
      heading: `Would leave ${count(kept, 'image')} as ${kept.length === 1 ? 'it is' : 'they are'}:`,
      decisions: kept,
      cells: ({ state, held, why }) => [held === undefined ? state : `${state}, latest held`, why],
    },
  ]);
}

function withSome(groups: readonly Group[]): readonly Group[] {
  return groups.filter(({ decisions }) => decisions.length > 0);
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
