import type { BuildEvent } from '#builder/report/event.js';
import { duration } from '#builder/report/time.js';

/** What the live view knows: folded from the events, drawn by `frame`. */
export interface LiveState {
  readonly total: number;
  done: number;
  readonly failed: Set<string>;
  skipped: number;
  /** Images under way, oldest first. */
  readonly running: Map<string, { since: number; step: string; stepSince: number }>;
  /** Durations of the builds that ended, in milliseconds. */
  readonly durations: number[];
  /** Which registries are waited for, in words. */
  waiting: readonly string[];
  readonly started: number;
}

export function liveState(total: number, now: number): LiveState {
  return {
    total,
    done: 0,
    failed: new Set(),
    skipped: 0,
    running: new Map(),
    durations: [],
    waiting: [],
    started: now,
  };
}

export function noteLive(state: LiveState, event: BuildEvent, now: number): void {
  switch (event.kind) {
    case 'image-started':
      state.running.set(event.reference, { since: now, step: 'starting', stepSince: now });
      return;
    case 'verify-started':
      state.running.set(event.reference, { since: now, step: 'test', stepSince: now });
      return;
    case 'step-started': {
      const running = state.running.get(event.reference);
      if (running !== undefined) {
        Object.assign(running, { step: event.step, stepSince: now });
      }
      return;
    }
    case 'image-built':
      state.running.delete(event.reference);
      state.durations.push(event.milliseconds);
      state.done++;
      return;
    case 'verified':
      state.running.delete(event.reference);
      return;
    case 'image-retried':
      state.running.delete(event.reference);
      return;
    case 'image-failed':
      state.running.delete(event.reference);
      state.failed.add(event.reference);
      return;
    case 'image-skipped':
      state.skipped++;
      return;
    default:
  }
}

/** So many registries that are waited for are shown. */
const mostWaits = 3;

/**
 * The lines of the live view: counts with the estimated rest, then one line an image under way,
 * cut to the terminal. The estimate is the pace so far carried on: the only one that holds for
 * trees of any shape.
 */
export function frame(state: LiveState, now: number, columns: number, rows: number): string[] {
  const settled = state.done + state.failed.size + state.skipped;
  const waiting = Math.max(0, state.total - settled - state.running.size);
  const left = state.total - settled;
  const rest = state.done > 0 ? ((now - state.started) / settled) * left : undefined;
  const head = [
    `${state.done} of ${state.total} built`,
    `${state.running.size} running`,
    `${waiting} waiting`,
    ...(state.failed.size > 0 ? [`${state.failed.size} failed`] : []),
    ...(state.skipped > 0 ? [`${state.skipped} skipped`] : []),
    duration(now - state.started),
    ...(rest !== undefined && left > 0 ? [`about ${duration(rest)} left`] : []),
  ].join(', ');
  const waits = state.waiting.slice(0, mostWaits).map((text) => `  ${text}`);
  const room = Math.max(1, rows - 2 - waits.length);
  const running = [...state.running];
  const shown = running.slice(0, running.length > room ? room - 1 : room);
  const lines = shown.map(
    ([reference, { step, stepSince }]) => `  ${reference}  ${duration(now - stepSince)}  ${step}`,
  );
  if (running.length > shown.length) {
    lines.push(`  and ${running.length - shown.length} more`);
  }
  return [head, ...waits, ...lines].map((line) =>
    line.length > columns ? `${line.slice(0, columns - 1)}…` : line,
  );
}
