import { platformsText } from '../lines.js';
import { duration } from '../time.js';
import { logLine, type PageLog } from './logs.js';
import { endings, type PageImage, type PageModel } from './model.js';
import type { PageRecord } from './readReport.js';

/** What the template and the script of the page show: text, and indices of images. */
export interface PageView {
  readonly title: string;
  /** `failed`, `interrupted` or `done`: how the run ended, as a word for the style. */
  readonly outcome: 'failed' | 'interrupted' | 'done';
  /** The same for a person. */
  readonly verdict: string;
  /** Labels and values about the run. */
  readonly about: readonly Fact[];
  readonly counts: readonly { readonly ending: PageRecord['ending']; readonly count: number }[];
  readonly failures: readonly FailureView[];
  /** Broken images of which not even the reference is known. */
  readonly unnamed: readonly { readonly name: string; readonly reason: string }[];
  /** Images other than failed ones for a browser that runs no script. */
  readonly plain: readonly PlainRow[];
  /** As many more are not in `plain`. */
  readonly plainMore: number;
  readonly notes: readonly string[];
  readonly images: readonly ImageView[];
  readonly timeline: TimelineView;
}

type Fact = readonly [label: string, text: string];

interface FailureView {
  /** Its index among the images. */
  readonly image: number;
  readonly name: string;
  readonly version: string;
  readonly what: string;
  readonly took: string;
  readonly reason: string;
  readonly place: string;
  /** The last lines of what failed. */
  readonly tail: readonly string[];
}

interface PlainRow {
  readonly name: string;
  readonly ending: string;
  readonly why: string;
  readonly took: string;
}

interface ImageView {
  readonly name: string;
  readonly version: string;
  readonly ending: PageRecord['ending'];
  /** One line beside the name. */
  readonly line: string;
  readonly why: readonly string[];
  readonly owner?: string;
  readonly took?: string;
  /** The change of its size against the version before: `+1.2 MB`. */
  readonly delta?: string;
  readonly facts: readonly Fact[];
  readonly parents: readonly LinkView[];
  readonly chain?: readonly LinkView[];
  readonly critical?: true;
  readonly log?: LogView;
}

interface LinkView {
  readonly name: string;
  readonly image?: number;
  readonly digest?: string;
}

interface LogView {
  readonly path: string;
  readonly whole: boolean;
  /** Whether its text is in the page. */
  readonly here: boolean;
}

interface TimelineView {
  /** In milliseconds. */
  readonly length: number;
  readonly ticks: readonly (readonly [at: number, text: string])[];
  readonly builders: readonly {
    readonly builder: string;
    /** Bars of a row: the image, and its segments as kind, beginning and end in milliseconds of the run. */
    readonly rows: readonly (readonly BarView[])[];
  }[];
  readonly critical: string;
}

type BarView = readonly [image: number, segments: readonly (readonly [string, number, number])[]];

/** What the tails of failed images may take of the page, in characters, and each of their lines. */
const room = { tails: 4 * 1024 * 1024, line: 1_000 };

/** As many images are in the page for a browser without scripts. */
const mostPlain = 2_000;

/** The text of a page. Pure. `tailOf`: the last lines of what failed. */
export function pageView(
  model: PageModel,
  {
    logs,
    tailOf,
    left,
  }: {
    readonly logs: ReadonlyMap<string, PageLog>;
    readonly tailOf: (reference: string) => readonly string[];
    /** How many private images were left out. */
    readonly left: number;
  },
): PageView {
  const { images, unnamed } = model;
  const counts = endings.map((ending) => ({
    ending,
    count:
      images.filter((image) => image.ending === ending).length +
      (ending === 'failed' ? unnamed.length : 0),
  }));
  const others = images.filter(({ ending }) => ending !== 'failed');
  const outcome = model.interrupted ? 'interrupted' : model.exitCode === 0 ? 'done' : 'failed';
  return {
    title: `Build of ${dateText(model.started)}`,
    outcome,
    verdict: verdictOf(model),
    about: aboutRun(model),
    counts: counts.filter(({ count }) => count > 0),
    failures: failuresOf(images, tailOf),
    unnamed: unnamed.map(({ tree, path, reason }) => ({ name: `${tree}: ${path}`, reason })),
    plain: others.slice(0, mostPlain).map((image) => ({
      name: `${image.name}:${image.version}`,
      ending: image.ending,
      why: lineOf(image),
      took: tookOf(image) ?? '',
    })),
    plainMore: Math.max(0, others.length - mostPlain),
    notes: left === 0 ? [] : [`${counted(left, 'private image')} left out`],
    images: images.map((image) => imageView(image, model, logs)),
    timeline: timelineView(model),
  };
}

function verdictOf({ exitCode, interrupted }: PageModel): string {
  if (interrupted) {
    return 'Interrupted';
  }
  switch (exitCode) {
    case 0:
      return 'Done';
    case 1:
      return 'Failed';
    case 2:
      return 'Wrong input';
    case 3:
      return 'Registry or engine unusable';
    default:
      return `Ended with status ${exitCode}`;
  }
}

function aboutRun({ started, milliseconds, revision, engine, prefix }: PageModel): readonly Fact[] {
  return [
    ['Started', dateText(started)],
    ['Duration', duration(milliseconds)],
    ...(revision === undefined
      ? []
      : ([
          ['Commit', `${revision.commit.slice(0, 12)}${revision.uncommitted ? ' with edits' : ''}`],
        ] as const)),
    ...(prefix === '' ? [] : ([['Registry', prefix.replace(/\/$/, '')]] as const)),
    ...(engine === undefined ? [] : ([['Engine', engineText(engine)]] as const)),
  ];
}

function failuresOf(
  images: readonly PageImage[],
  tailOf: (reference: string) => readonly string[],
): readonly FailureView[] {
  let left = room.tails;
  return images.flatMap((image, at): readonly FailureView[] => {
    if (image.ending !== 'failed') {
      return [];
    }
    const tail = trimmed(tailOf(image.reference).map((line) => cut(logLine(line), room.line)));
    left -= tail.reduce((sum, line) => sum + line.length, 0);
    return [
      {
        image: at,
        name: image.name,
        version: image.version,
        what: stages.get(image.during ?? '') ?? 'failed',
        took: tookOf(image) ?? '',
        reason: image.reason ?? '',
        place: image.place ?? '',
        tail: left < 0 ? [] : tail,
      },
    ];
  });
}

/** Without empty lines at the end. */
function trimmed(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line.trim() !== '');
  return lines.slice(0, last + 1);
}

const stages: ReadonlyMap<string, string> = new Map([
  ['definition', 'broken definition'],
  ['base', 'base image'],
  ['build', 'build failed'],
  ['verify', 'test failed'],
  ['stage', 'staging failed'],
  ['publish', 'push failed'],
]);

function imageView(
  image: PageImage,
  { images }: PageModel,
  logs: ReadonlyMap<string, PageLog>,
): ImageView {
  const log = logs.get(image.reference);
  const took = tookOf(image);
  const delta = deltaOf(image);
  const { owner, chain, critical } = image;
  return {
    name: image.name,
    version: image.version,
    ending: image.ending,
    line: lineOf(image),
    why: image.why,
    ...(owner === undefined ? {} : { owner }),
    ...(took === undefined ? {} : { took }),
    ...(delta === undefined ? {} : { delta }),
    facts: factsOf(image),
    parents: image.parents.map(({ name, digest, image: at }) => ({
      name,
      ...(digest === undefined ? {} : { digest }),
      ...(at === undefined ? {} : { image: at }),
    })),
    ...(chain && { chain: chain.map((at) => linkTo(at, images)) }),
    ...(critical === undefined ? {} : { critical }),
    ...(log && { log: { path: log.path, whole: log.whole, here: log.data !== undefined } }),
  };
}

function linkTo(at: number, images: readonly PageImage[]): LinkView {
  const image = images[at];
  return { name: image === undefined ? '' : `${image.name}:${image.version}`, image: at };
}

function lineOf({ ending, reason, awaits, why }: PageImage): string {
  const isReason = ending === 'failed' || ending === 'skipped' || awaits !== undefined;
  return (isReason ? reason : undefined) ?? why[0] ?? '';
}

function tookOf({ buildMs, verifyMs, publishMs }: PageImage): string | undefined {
  const times = [buildMs, verifyMs, publishMs].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : duration(times.reduce((sum, time) => sum + time, 0));
}

function factsOf(image: PageImage): readonly Fact[] {
  const { buildMs, verifyMs, publishMs, steps, cachedSteps = 0, tested, size, before } = image;
  const facts: [string, string | undefined][] = [
    ['Place', image.place],
    ['Reason', image.reason],
    ['Differs', image.awaits?.length ? image.awaits.join('; ') : undefined],
    [
      'Built in',
      buildMs === undefined ? undefined : `${duration(buildMs)}${stepsText(steps, cachedSteps)}`,
    ],
    ['Test', testText(tested, verifyMs, image)],
    ['Pushed in', publishMs === undefined ? undefined : duration(publishMs)],
    ['Attempts', image.attempts > 1 ? String(image.attempts) : undefined],
    ['Owner', image.owner],
    ['Reference', image.reference],
    ['Digest', image.digest],
    ['Staged as', image.staged],
    ['Size', size === undefined ? undefined : sizeText(size, before)],
  ];
  return facts.flatMap(([label, text]) => (text === undefined ? [] : [[label, text] as const]));
}

function engineText({ docker, buildx, builder }: NonNullable<PageModel['engine']>): string {
  return `${docker === undefined ? '' : `Docker ${docker}, `}buildx ${buildx}, builder ${builder}`;
}

function stepsText(steps: number | undefined, cached: number): string {
  if (steps === undefined) {
    return '';
  }
  return `, ${counted(steps, 'step')}${cached === 0 ? '' : `, ${cached} cached`}`;
}

function testText(
  tested: boolean | undefined,
  milliseconds: number | undefined,
  image: PageImage,
): string | undefined {
  if (tested === undefined) {
    return image.during === 'verify' ? 'failed' : undefined;
  }
  const took = milliseconds === undefined ? '' : ` in ${duration(milliseconds)}`;
  if (image.untested !== undefined) {
    return `not run: ${image.untested}`;
  }
  return tested ? `passed${took}${platformsText(image)}` : 'none: the image has no test';
}

function sizeText(size: number, before: PageImage['before']): string {
  const own = `${bytesText(size)} compressed`;
  if (before?.size === undefined) {
    return own;
  }
  const change = size - before.size;
  const than = before.version ?? 'the version before';
  if (change === 0) {
    return `${own}, as large as ${than}`;
  }
  return `${own}, ${bytesText(Math.abs(change))} ${change > 0 ? 'more' : 'less'} than ${than}`;
}

function deltaOf({ size, before }: PageImage): string | undefined {
  const change = size === undefined || before?.size === undefined ? 0 : size - before.size;
  // Less than this is noise of compression.
  return Math.abs(change) < 50_000
    ? undefined
    : `${change > 0 ? '+' : '\u2212'}${bytesText(Math.abs(change))}`;
}

/** Decimal, as docker shows sizes. */
function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

function timelineView({ timeline, critical, images }: PageModel): TimelineView {
  const { from, to, builders } = timeline;
  const length = to - from;
  const step = tickOf(length);
  const ticks: [number, string][] = [];
  for (let at = 0; at <= length && step > 0; at += step) {
    ticks.push([
      at,
      at === 0
        ? '0'
        : duration(at)
            .replace(/\.0s$/, 's')
            .replace(/m00s?$/, 'm'),
    ]);
  }
  return {
    length,
    ticks,
    builders: builders.map(({ builder, rows }) => ({
      builder,
      rows: rows.map((row) =>
        row.map(
          ({ image, segments }): BarView => [
            image,
            segments.map((each) => [each.kind, each.from - from, each.to - from]),
          ],
        ),
      ),
    })),
    critical:
      critical.images.length === 0
        ? ''
        : `${critical.images.map((at) => images[at]?.name ?? '').join(' → ')}: ${duration(critical.milliseconds)}`,
  };
}

const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200];

/** How far apart the marks of a time axis are, in milliseconds: at most eight marks; 0: none. */
function tickOf(length: number): number {
  if (length <= 0) {
    return 0;
  }
  const seconds = steps.find((each) => length / (each * 1000) <= 7);
  return (seconds ?? Math.ceil(length / 7_000)) * 1000;
}

function dateText(date: string): string {
  return new Date(date)
    .toISOString()
    .replace('T', ' ')
    .replace(/:\d\d\.\d+Z$/, ' UTC');
}

function cut(line: string, most: number): string {
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
