import { median, type Typical } from './durations.js';

/** An image of a run and what it is expected to take, in milliseconds. */
export interface ExpectedImage {
  readonly reference: string;
  /** Those that are built in the same run. */
  readonly parents: readonly string[];
  /** Parts that it does not have are absent; undefined: no run has measured it. */
  readonly expected: Typical | undefined;
  /** It is built already: only tested and published. */
  readonly isBuilt: boolean;
}

/** What is expected of a run before it begins. */
export interface ExpectedRun {
  /** Parents first. */
  readonly images: readonly ExpectedImage[];
  /** How many images are built, tested and pushed at once; infinite where nothing bounds it. */
  readonly places: { readonly build: number; readonly test: number; readonly publish: number };
}

/** Where an image is in its part of the run; what nothing more is done with is in no stage. */
export interface Standing {
  readonly stage: 'waiting' | 'building' | 'built' | 'testing' | 'passed' | 'pushing';
  /** For how long it has been at that, in milliseconds. */
  readonly elapsed: number;
}

/** How long a run still takes. */
export interface Remaining {
  readonly milliseconds: number;
  /** The images of the longest path that are not done, each built on the one before. */
  readonly path: readonly string[];
}

/**
 * How long a run still takes by what earlier runs measured: its longest remaining path, or its work divided by
 * the places for it, whichever is more. Undefined where half of what remains, or more, was never measured:
 * the rest counts as the median of what was.
 *
 * @param standing of an image; undefined: it is done, failed or skipped
 * @param pace how long this run takes for what earlier ones did in 1
 */
export function remainingOf(
  { images, places }: ExpectedRun,
  standing: (reference: string) => Standing | undefined,
  pace = 1,
): Remaining | undefined {
  const usual = usualOf(images);
  const ends = new Map<string, { readonly built: number; readonly path: readonly string[] }>();
  const work = { build: 0, test: 0, publish: 0 };
  let last: Remaining = { milliseconds: 0, path: [] };
  let remaining = 0;
  let unknown = 0;
  for (const { reference, parents, expected } of images) {
    const at = standing(reference);
    if (at === undefined) {
      continue;
    }
    remaining++;
    unknown += isKnown(expected, at) ? 0 : 1;
    const typical = expected ?? usual;
    // What is not measured of an image that is known it does not have: a test, or a registry.
    const above = parents.flatMap((parent) => ends.get(parent) ?? []);
    const slowest = above.reduce((most, each) => (each.built > most.built ? each : most), start);
    const own = partsLeft(
      {
        build: (typical.build ?? usual.build) * pace,
        test: typical.test ?? 0,
        publish: typical.publish ?? 0,
      },
      at,
    );
    // What has begun does not wait for its parents any more, though their calls may still export them.
    const built =
      own.build === 0
        ? 0
        : at.stage === 'building'
          ? Math.max(slowest.built, own.build)
          : slowest.built + own.build;
    const path = [...(built > own.build ? slowest.path : []), reference];
    ends.set(reference, { built, path });
    const end = built + own.test + own.publish;
    if (end > last.milliseconds) {
      last = { milliseconds: end, path };
    }
    work.build += own.build;
    work.test += own.test;
    work.publish += own.publish;
  }
  if (remaining === 0 || unknown * 2 >= remaining) {
    return undefined;
  }
  const bounds = (['build', 'test', 'publish'] as const).map((each) => work[each] / places[each]);
  return { milliseconds: Math.max(last.milliseconds, ...bounds), path: last.path };
}

/** How long a whole run takes, in milliseconds; undefined: that is not known. */
export function expectedDuration(run: ExpectedRun): number | undefined {
  const built = new Set(run.images.flatMap(({ isBuilt, reference }) => (isBuilt ? reference : [])));
  const standing = (reference: string): Standing => ({
    stage: built.has(reference) ? 'built' : 'waiting',
    elapsed: 0,
  });
  return remainingOf(run, standing)?.milliseconds;
}

/** All that a run is expected to take for its builds, one after the other. */
export function expectedWork({ images }: ExpectedRun): number {
  const usual = usualOf(images);
  return images.reduce(
    (sum, { expected, isBuilt }) => sum + (isBuilt ? 0 : (expected?.build ?? usual.build)),
    0,
  );
}

const start: { readonly built: number; readonly path: readonly string[] } = { built: 0, path: [] };

/** The medians of the images that were measured. */
function usualOf(images: readonly ExpectedImage[]): Required<Typical> {
  const known = images.flatMap(({ expected }) => expected ?? []);
  return {
    build: median(known.flatMap(({ build }) => build ?? [])),
    test: median(known.map(({ test = 0 }) => test)),
    publish: median(known.map(({ publish = 0 }) => publish)),
  };
}

function isKnown(expected: Typical | undefined, { stage }: Standing): boolean {
  return stage === 'waiting' || stage === 'building'
    ? expected?.build !== undefined
    : expected !== undefined;
}

const order = ['waiting', 'building', 'built', 'testing', 'passed', 'pushing'] as const;

function partsLeft(
  { build, test, publish }: Required<Typical>,
  { stage, elapsed }: Standing,
): Required<Typical> {
  const at = order.indexOf(stage);
  const partLeft = (milliseconds: number, running: (typeof order)[number]): number => {
    const turn = order.indexOf(running);
    return at < turn ? milliseconds : at === turn ? left(milliseconds, elapsed) : 0;
  };
  return {
    build: partLeft(build, 'building'),
    test: partLeft(test, 'testing'),
    publish: partLeft(publish, 'pushing'),
  };
}

/** What takes longer than it did takes the longer the longer it already has: there is always something left. */
function left(expected: number, elapsed: number): number {
  return Math.max(expected - elapsed, elapsed * overrun, 1);
}

const overrun = 0.1;
