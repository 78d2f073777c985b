import { groupBy } from '#core/data/groups.js';
import { repositoryOf } from '#core/reference/reference.js';

/** What one run measured of an image, in milliseconds; a part that did not run, or was all cached, is absent. */
export interface Measured {
  /** When the run ended: RFC 3339, UTC. */
  readonly ended: string;
  readonly build?: number;
  readonly test?: number;
  readonly publish?: number;
}

/** What earlier runs measured, by repository: the newest first. */
export type Durations = ReadonlyMap<string, readonly Measured[]>;

/** How long an image usually takes: the median of each part, in milliseconds. */
export type Typical = Omit<Measured, 'ended'>;

/** A file of durations as it was read. */
export type DurationsReading =
  | {
      readonly kind: 'read';
      readonly durations: Durations;
      /** The lines that are damaged, from 1: they say nothing. */
      readonly damaged: readonly number[];
    }
  /** Another file: it is never overwritten. */
  | { readonly kind: 'other' };

const parts = ['build', 'test', 'publish'] as const;

/** So many measurements of each part count. */
const kept = 5;

/** Of more repositories than this, those that were not measured for longest are forgotten. */
const most = 20_000;

/** The first line: nothing else is taken for a file of durations. */
const head = 'generate-bake durations 1';
const columns = '# repository ended build-ms test-ms publish-ms';

const repository = String.raw`[A-Za-z0-9][\w.:/\[\]-]{0,400}`;
const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const value = String.raw`\d{1,10}|-`;
const line = new RegExp(`^(${repository}) (${time}) (${value}) (${value}) (${value})$`);

/**
 * Reads a file of durations: a line a measurement, `repository ended build test publish`, `-` for a
 * part that was not measured. An empty file has none.
 */
export function readDurations(text: string): DurationsReading {
  const [first = '', ...lines] = text.split('\n');
  if (text.trim() === '') {
    return { kind: 'read', durations: new Map(), damaged: [] };
  }
  if (first.trimEnd() !== head) {
    return { kind: 'other' };
  }
  const entries: Entry[] = [];
  const damaged: number[] = [];
  for (const [at, each] of lines.entries()) {
    if (each === '' || each.startsWith('#')) {
      continue;
    }
    const [, name, ended, build, test, publish] = line.exec(each) ?? [];
    if (name === undefined || ended === undefined || Number.isNaN(Date.parse(ended))) {
      damaged.push(at + 2);
      continue;
    }
    const measured = {
      ...part('build', build),
      ...part('test', test),
      ...part('publish', publish),
    };
    entries.push([name, { ended, ...measured }]);
  }
  return { kind: 'read', durations: durationsOf(entries), damaged };
}

/** The file of these durations: sorted, so that two of them can be compared. */
export function durationsText(durations: Durations): string {
  const lines = [...durations].flatMap(([name, all]) =>
    all.map(({ ended, ...measured }) => {
      const values = parts.map((each) => measured[each] ?? '-');
      return [name, ended, ...values].join(' ');
    }),
  );
  return `${[head, columns, ...lines.sort()].join('\n')}\n`;
}

/** What any of these say, each measurement once. */
export function mergedDurations(...all: readonly Durations[]): Durations {
  return durationsOf(
    all.flatMap((each) =>
      [...each].flatMap(([name, list]) => list.map((one): Entry => [name, one])),
    ),
  );
}

/** How long an image takes, whatever its version; undefined: no run has measured it. */
export function typicalOf(durations: Durations, reference: string): Typical | undefined {
  const measured = durations.get(repositoryOf(reference));
  if (measured === undefined) {
    return undefined;
  }
  const typical: { [Part in (typeof parts)[number]]?: number } = {};
  for (const each of parts) {
    const values = measured.flatMap((one) => one[each] ?? []).slice(0, kept);
    if (values.length > 0) {
      typical[each] = median(values);
    }
  }
  return typical;
}

/** All parts of an image that is built; undefined: no run has built it. */
export function totalOf(typical: Typical | undefined): number | undefined {
  return typical?.build === undefined
    ? undefined
    : typical.build + (typical.test ?? 0) + (typical.publish ?? 0);
}

/** The middle one, or the mean of the two in the middle; 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

type Entry = readonly [repository: string, Measured];

/** The last of each repository, bounded. */
function durationsOf(entries: readonly Entry[]): Durations {
  const all = [...groupBy(entries, ([name]) => name)].map(
    ([name, list]) => [name, lastOf(list.map(([, measured]) => measured))] as const,
  );
  if (all.length > most) {
    all.sort(([, a], [, b]) => later(a[0], b[0]));
  }
  return new Map(all.slice(0, most));
}

/** The measurements that count for a part, the newest first, each once. */
function lastOf(all: readonly Measured[]): readonly Measured[] {
  const sorted = [...new Map(all.map((one) => [identityOf(one), one])).values()].sort(later);
  const counts = new Set(
    parts.flatMap((each) => sorted.filter((one) => one[each] !== undefined).slice(0, kept)),
  );
  return sorted.filter((one) => counts.has(one));
}

function identityOf({ ended, build, test, publish }: Measured): string {
  return JSON.stringify([ended, build, test, publish]);
}

/** By time, and then by anything that is the same in every run. */
function later(one: Measured | undefined, other: Measured | undefined): number {
  const [a, b] = [one, other].map((each) => (each === undefined ? '' : identityOf(each)));
  return a === b ? 0 : (a ?? '') < (b ?? '') ? 1 : -1;
}

function part(name: (typeof parts)[number], text: string | undefined): Typical {
  return text === undefined || text === '-' ? {} : { [name]: Number(text) };
}
