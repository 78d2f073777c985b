import { relative } from 'node:path';
import { incomparable } from '#builder/gate/incomparable.js';
import type { ImageRecord } from '#builder/report/record.js';
import { duration } from '#builder/report/time.js';
import { untestedNotes } from '#builder/report/untestedNotes.js';
import type { LeftForEngine } from '#builder/withoutEngine.js';
import type { Paint } from '#core/diagnostics/format.js';
import { repositoryOf } from '#core/reference/reference.js';
import { displayWidth, printable, withoutColours } from '#core/text/printable.js';
import { some } from '#core/text/some.js';
import { fit, wrap } from './fit.js';
import { unpublishedLines } from './hints.js';
import { shortNames } from './shortNames.js';

/** What the end of a build is told from. */
export interface RunEnd {
  readonly records: readonly ImageRecord[];
  /** What is not built for reasons that are just above, since nothing ran: they are not repeated; absent: none. */
  readonly told?: ReadonlySet<string>;
  /** Images that were not even begun, since their registry could not be asked. */
  readonly stopped: number;
  /** How many images are not published although they are built, by why that is so. */
  readonly unpublished: ReadonlyMap<string, number>;
  /** How many `latest` were moved. */
  readonly latestMoved: number;
  /** How many names of the engine were put on images that were left as they are. */
  readonly namesPut: number;
  readonly milliseconds: number;
  readonly criticalPath: { readonly images: readonly string[]; readonly milliseconds: number };
  readonly interrupted: boolean;
  /** Whether it publishes what the jobs of a matrix have made, and builds nothing itself. */
  readonly isLastJob: boolean;
  /** What images are left without that only an engine can do; absent: one answers. */
  readonly leftForEngine?: LeftForEngine;
  /** Absolute: paths are shown relative to it. */
  readonly directory: string;
}

/** How wide the screen is, and how it is decorated. */
export interface Screen {
  /** Absent: lines are whole, as in a pipe. */
  readonly columns?: number;
  readonly paint: Paint;
}

/**
 * The last screen of a build, what matters most last but for the counts: what was skipped, what was not finished, what
 * failed with its place, last lines and log, each once; then one line of counts, and what to do next.
 */
export function lastScreen(end: RunEnd, screen: Screen): string[] {
  const { directory, told } = end;
  const nameOf = shortNames(end.records.map(({ reference }) => reference));
  const records = end.records.filter(({ reference }) => told?.has(reference) !== true);
  const failed = records.filter(({ ending }) => ending === 'failed');
  const lines = [
    ...notPublished(records, nameOf, screen),
    ...untestedNotes(records, ({ reference }) => nameOf(reference)).flatMap((line) =>
      wrap(line, screen.columns, '', indent),
    ),
    ...skipped(records, nameOf, screen),
    ...failed
      .slice(0, mostFailures)
      .flatMap((record) => failure(record, nameOf(record.reference), directory, screen)),
  ];
  const more = failed.slice(mostFailures).map(({ reference }) => nameOf(reference));
  if (more.length > 0) {
    const text = `${more.length} more: ${some(more, mostNames)}`;
    lines.push(...painted(wrap(text, screen.columns, 'FAILED  ', indent), screen));
  }
  for (const line of unpublishedLines(end.unpublished)) {
    lines.push(...wrap(line, screen.columns, '', indent));
  }
  if (end.unpublished.size > 0) {
    const hint = 'hint: set username and password, or pass --publish to use those of docker';
    lines.push(...wrap(hint, screen.columns, '', indent));
  }
  lines.push(...wrap(counts(end, nameOf), screen.columns, '', indent));
  const next = nextStep(end, nameOf);
  return next === undefined ? lines : [...lines, ...wrap(next, screen.columns, '', indent)];
}

/** What is below the first line of something. */
const indent = ' '.repeat(8);

/** So many failures are told with their last lines. */
const mostFailures = 10;
/** So many of the last lines of each. */
const mostLines = 8;
/** So many rows for one of them, where the terminal is narrow. */
const mostRows = 10;
/** So many names stand for a group. */
const mostNames = 10;

function failure(
  { reason = '', during = 'build', place, tail = [], log, builder }: ImageRecord,
  name: string,
  directory: string,
  screen: Screen,
): string[] {
  const { columns } = screen;
  const on = builder === undefined ? '' : ` on ${builder}`;
  const head = `FAILED  ${name}${during === 'build' ? on : ` (${during})`}`;
  const isShort = columns === undefined || displayWidth(`${head}  ${place}`) <= columns;
  const where = place === undefined ? [] : isShort ? [`${head}  ${place}`] : [head, indent + place];
  const shown = tail.slice(-mostLines);
  return [
    ...painted(place === undefined ? [head] : where, screen),
    ...reasonLines(printable(reason), columns),
    ...(tail.length > shown.length ? [`${indent}| …`] : []),
    ...shown.flatMap((line) =>
      wrap(printable(withoutColours(line)), columns, `${indent}| `).slice(0, mostRows),
    ),
    ...(log === undefined ? [] : [`${indent}log: ${relative(directory, log)}`]),
  ];
}

/** Why it failed: of a command that is longer than the line, its beginning and how it ended. */
function reasonLines(reason: string, columns: number | undefined): string[] {
  const line = indent + reason;
  const [, command, code] = /^(.*) \((exit code \d+)\)$/s.exec(reason) ?? [];
  return columns === undefined || displayWidth(line) <= columns || code === undefined
    ? wrap(reason, columns, indent)
    : [fit(`${indent}${code}: ${command}`, columns)];
}

function painted([first = '', ...more]: readonly string[], { paint }: Screen): string[] {
  return [first.replace(/^FAILED/, (word) => paint('error', word)), ...more];
}

/** By their reason: a parent that failed has one line, however many are built on it. */
function skipped(
  records: readonly ImageRecord[],
  nameOf: (reference: string) => string,
  screen: Screen,
): string[] {
  const groups = byReason(
    records.filter(({ ending }) => ending === 'skipped'),
    nameOf,
  );
  return [...groups].flatMap(([reason, names]) =>
    wrap(`skipped ${some(names, mostNames)}: ${reason}`, screen.columns, '', indent),
  );
}

function notPublished(
  records: readonly ImageRecord[],
  nameOf: (reference: string) => string,
  screen: Screen,
): string[] {
  const withheld = records.filter(
    ({ ending, reason }) => ending === 'built' && reason !== undefined,
  );
  const lines = [...byReason(withheld, nameOf)].flatMap(([reason, names]) =>
    wrap(`${some(names, mostNames)}: ${printable(reason)}`, screen.columns, '', indent),
  );
  return [...lines, ...withheld.flatMap((record) => differences(record, nameOf, screen))];
}

/** What differs in an image that waits for approval. */
function differences(
  { reference, awaits = [] }: ImageRecord,
  nameOf: (reference: string) => string,
  { columns }: Screen,
): string[] {
  const lines = awaits.flatMap((line) => wrap(printable(line), columns, indent));
  return lines.length === 0 ? [] : [`${nameOf(reference)} differs:`, ...lines];
}

function byReason(
  records: readonly ImageRecord[],
  nameOf: (reference: string) => string,
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { reference, reason = '' } of records) {
    // References within a sentence are shortened too.
    const short = reason.replace(/\S+/g, (word) => nameOf(word));
    groups.set(short, [...(groups.get(short) ?? []), nameOf(reference)]);
  }
  return groups;
}

const endings = ['published', 'staged', 'built', 'unfinished', 'skipped', 'failed'] as const;

/** What a job of a matrix has built is staged, and so is what no engine can test. */
function endingOf({ ending, staged }: ImageRecord): ImageRecord['ending'] | 'staged' {
  return ending === 'built' && staged !== undefined ? 'staged' : ending;
}

/** `57 published, 12 skipped, 3 failed in 4m10s (longest chain: base, golang: 2m30s)`. */
function counts(end: RunEnd, nameOf: (reference: string) => string): string {
  const { records, stopped, latestMoved, namesPut, milliseconds, criticalPath } = end;
  const parts = endings.flatMap((ending) => {
    const number = records.filter((record) => endingOf(record) === ending).length;
    return number === 0 ? [] : [`${number} ${ending === 'unfinished' ? 'not finished' : ending}`];
  });
  if (latestMoved > 0) {
    parts.splice(1, 0, `latest moved for ${latestMoved}`);
  }
  if (namesPut > 0) {
    parts.push(`${namesPut} local name${namesPut === 1 ? '' : 's'} put`);
  }
  if (stopped > 0) {
    parts.push(`${stopped} not built`);
  }
  if (parts.length === 0) {
    return 'nothing to do';
  }
  const { images } = criticalPath;
  const chain = images.map((reference) => repositoryOf(nameOf(reference)));
  const longest =
    chain.length < 2
      ? ''
      : ` (longest chain: ${some(chain, mostNames)}: ${duration(criticalPath.milliseconds)})`;
  const took = end.told === undefined ? ` in ${duration(milliseconds)}` : '';
  return `${parts.join(', ')}${took}${longest}`;
}

const deeds = { tests: 'builds and tests', publishing: 'builds, tests and publishes' };

function nextStep(
  { interrupted, isLastJob, leftForEngine, records }: RunEnd,
  nameOf: (reference: string) => string,
): string | undefined {
  if (interrupted) {
    return 'interrupted: run the same command again to continue';
  }
  const waiting = records.filter(({ awaits }) => awaits !== undefined);
  if (waiting.length > 0 && !records.some(({ ending }) => ending === 'failed')) {
    const approvable = waiting.filter(({ reason }) => reason?.endsWith(incomparable) !== true);
    const names = approvable.map(({ reference }) => repositoryOf(nameOf(reference)));
    if (names.length === 0) {
      return 'next: publish them without --gate, or build them on one docker context that has all of their platforms';
    }
    const approve = names.map((name) => ` --approve ${name}`).join('');
    return `next: look at what differs, and if that is right: generate-bake build --publish${approve}`;
  }
  if (!records.some(({ ending }) => ending === 'failed')) {
    return leftForEngine === undefined || leftForEngine === 'nothing'
      ? undefined
      : `next: run the same command where a docker engine answers: it ${deeds[leftForEngine]} them`;
  }
  // Where no engine answers nothing is done for the next run.
  return isLastJob
    ? 'next: fix that, run the jobs of what is not there again, then this command: it publishes what is left'
    : `next: fix that, then run the same command again${leftForEngine === undefined ? ': it builds what is left' : ''}`;
}
