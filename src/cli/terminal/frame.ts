import type { ExpectedRun, Standing } from '#builder/durations/remaining.js';
import type { BuildEvent } from '#builder/report/event.js';
import { duration } from '#builder/report/time.js';
import type { Paint } from '#core/diagnostics/format.js';
import { repositoryOf } from '#core/reference/reference.js';
import { fit, fitSign } from './fit.js';
import { sharedPrefix, withoutPrefix } from './shortNames.js';
import { TimeLeft } from './timeLeft.js';

/** What an image is at while it is under way. */
type Phase = 'building' | 'testing' | 'pushing';

interface Running {
  readonly phase: Phase;
  readonly step: string;
  readonly since: number;
}

/** What the live view knows: folded from the events, drawn by `frame`. Every image is in one place. */
export interface LiveState {
  /** To be built, or only to be tested and published. */
  readonly total: number;
  /** What all of them begin with: it is not shown. */
  readonly prefix: string;
  readonly done: Set<string>;
  /** Waiting between two steps: to be tested, for the end of a parent, or to be pushed. */
  readonly built: Set<string>;
  readonly failed: Set<string>;
  readonly skipped: Set<string>;
  /** Images under way, oldest first. */
  readonly running: Map<string, Running>;
  /** What an image is at, and since when; what was not begun, or needs nothing more, is absent. */
  readonly stages: Map<string, { readonly stage: Standing['stage']; readonly since: number }>;
  /** What earlier runs say of this one; absent: nobody asked. */
  readonly timeLeft?: TimeLeft;
  /** Which registries are waited for, in words. */
  waiting: readonly string[];
  /** Ctrl-C was pressed. */
  stopping: boolean;
  readonly started: number;
}

export function liveState(
  references: readonly string[],
  now: number,
  expected?: ExpectedRun,
): LiveState {
  return {
    ...(expected === undefined ? {} : { timeLeft: new TimeLeft(expected) }),
    total: references.length,
    prefix: sharedPrefix(references),
    done: new Set(),
    built: new Set(),
    failed: new Set(),
    skipped: new Set(),
    running: new Map(),
    stages: new Map(),
    waiting: [],
    stopping: false,
    started: now,
  };
}

/** An image of the run as a line shows it: a run builds one version of each. */
export function nameIn({ prefix }: LiveState, reference: string): string {
  return repositoryOf(withoutPrefix(reference, prefix));
}

export function noteLive(state: LiveState, event: BuildEvent, now: number): void {
  if (!('reference' in event)) {
    return;
  }
  const { reference } = event;
  noteStage(state, event, now);
  const { running, done, built, failed, skipped } = state;
  const runs = (phase: Phase, step: string): void => {
    built.delete(reference);
    running.set(reference, { phase, step, since: now });
  };
  const ends = (place?: Set<string>): void => {
    running.delete(reference);
    built.delete(reference);
    place?.add(reference);
  };
  switch (event.kind) {
    case 'image-started':
      runs('building', 'starting');
      return;
    case 'step-started':
      if (running.get(reference)?.phase === 'building') {
        runs('building', event.step);
      }
      return;
    case 'verify-started':
      runs('testing', 'test');
      return;
    case 'publish-started':
      runs('pushing', 'push');
      return;
    case 'image-built':
    case 'verified':
    case 'published':
    case 'staged':
    case 'withheld':
      ends(built);
      return;
    case 'image-finished':
      ends(done);
      return;
    // It waits for its turn again.
    case 'image-retried':
      ends();
      return;
    case 'image-failed':
      ends(failed);
      return;
    case 'image-skipped':
      ends(skipped);
      return;
    default:
  }
}

/** Keeps what an image is at: how long that still takes is estimated by it. */
function noteStage({ stages, timeLeft }: LiveState, event: BuildEvent, now: number): void {
  if (!('reference' in event)) {
    return;
  }
  const { reference } = event;
  const stage = stageAfter[event.kind];
  if (event.kind === 'image-built') {
    timeLeft?.noteBuilt(reference, event.milliseconds);
  }
  if (stage === 'none') {
    stages.delete(reference);
  } else if (stage !== undefined && stages.get(reference)?.stage !== stage) {
    stages.set(reference, { stage, since: now });
  }
}

const stageAfter: { readonly [Kind in BuildEvent['kind']]?: Standing['stage'] | 'none' } = {
  'image-started': 'building',
  'image-built': 'built',
  'verify-started': 'testing',
  verified: 'passed',
  'publish-started': 'pushing',
  published: 'none',
  staged: 'none',
  withheld: 'none',
  'image-retried': 'none',
  'image-finished': 'none',
  'image-failed': 'none',
  'image-skipped': 'none',
};

/** What remains of a run by earlier ones; undefined: nobody knows, or it is being stopped. */
function remainingOf(state: LiveState, now: number) {
  const { done, failed, skipped, built, stages, timeLeft, stopping } = state;
  if (timeLeft === undefined || stopping) {
    return undefined;
  }
  return timeLeft.at(now, (reference) => {
    const at = stages.get(reference);
    if (at !== undefined) {
      return { stage: at.stage, elapsed: Math.max(0, now - at.since) };
    }
    const isOver = [done, failed, skipped, built].some((each) => each.has(reference));
    return isOver
      ? undefined
      : { stage: timeLeft.isBuilt(reference) ? 'built' : 'waiting', elapsed: 0 };
  });
}

/** Of an image on the longest remaining path. */
const mark = '*';

/** So many registries that are waited for are shown. */
const mostWaits = 3;

/** The counts of a run in words, most important first: they add up to the total. */
export function countsOf(state: LiveState): readonly string[] {
  const { done, built, failed, skipped, running } = state;
  const under = done.size + built.size + failed.size + skipped.size + running.size;
  // What was built before and is only tested again is not in the total.
  const total = Math.max(state.total, under);
  const phases = (phase: Phase): number =>
    [...running.values()].filter((each) => each.phase === phase).length;
  const numbers: [number, string][] = [
    [failed.size, 'failed'],
    [skipped.size, 'skipped'],
    [phases('building'), 'building'],
    [phases('testing'), 'testing'],
    [phases('pushing'), 'pushing'],
    [built.size, 'built'],
    [total - under, 'waiting'],
  ];
  return [
    `${done.size}/${total} done`,
    ...numbers.flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`])),
  ];
}

/**
 * The lines of the live view: the time, how long it still takes by earlier runs, and counts that add up, then one
 * line an image under way, those of the longest remaining path first and marked, cut to the terminal.
 */
export function frame(
  state: LiveState,
  now: number,
  {
    columns,
    rows,
    paint,
  }: { readonly columns: number; readonly rows: number; readonly paint: Paint },
): string[] {
  const remaining = remainingOf(state, now);
  const rest = remaining === undefined ? [] : [`~${remaining.shown} left`];
  const stopping = state.stopping ? ['stopping (Ctrl-C again: at once)'] : [];
  const facts = [duration(now - state.started), ...stopping, ...rest, ...countsOf(state)];
  const head = inLines(facts, columns);
  const waits = state.waiting.slice(0, mostWaits).map((text) => fitSign(`  ${text}`, columns));
  const room = Math.max(1, rows - 1 - head.length - waits.length);
  const critical = new Set(remaining?.path);
  const isCritical = ([reference]: readonly [string, unknown]) => critical.has(reference);
  const all = [...state.running];
  const running = [...all.filter(isCritical), ...all.filter((each) => !isCritical(each))];
  const shown = running.slice(0, running.length > room ? room - 1 : room);
  const names = shown.map(([reference]) => nameIn(state, reference));
  // A name takes at most half of the line, so that the step has room.
  const width = Math.min(
    Math.floor(columns / 2),
    Math.max(0, ...names.map(({ length }) => length)),
  );
  const lines = shown.map(([reference, { step, since }], at) => {
    const name = fit(names[at] ?? '', width).padEnd(width);
    return `${critical.has(reference) ? mark : ' '} ${name}  ${duration(now - since).padStart(6)}  ${step}`;
  });
  if (running.length > shown.length) {
    lines.push(`  and ${running.length - shown.length} more`);
  }
  const cut = [...head, ...waits, ...lines].map((line) => fit(line, columns));
  return cut.map((line, at) =>
    at < head.length ? line.replace(/\d+ failed/, (text) => paint('error', text)) : line,
  );
}

/** Facts side by side, in as many lines as a narrow terminal needs: none of them is cut off. */
function inLines(facts: readonly string[], columns: number): string[] {
  const [first = '', ...others] = facts;
  const lines: string[] = [];
  let line = first;
  for (const fact of others) {
    const longer = `${line}  ${fact}`;
    if (longer.length > columns) {
      lines.push(line);
      line = `  ${fact}`;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
