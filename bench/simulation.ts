import type { Call, CallResult, Failure, Job } from '#builder/run/call.js';
import { Schedule } from '#builder/run/schedule.js';
import type { Reference } from '#core/reference/brands.js';

/** What the machines of a simulated run are like; times in milliseconds. */
export interface Machines {
  readonly builders: number;
  /** Images at once on each builder. */
  readonly jobs: number;
  /** What each call costs besides its images. */
  readonly callMs: number;
  /** What each parent costs that is on another builder. */
  readonly transferMs: number;
  /** Whether an attempt at an image fails, with a fault that another attempt may not meet. */
  readonly fails: () => boolean;
}

export interface Simulated {
  readonly makespan: number;
  /** No order takes less: the critical path, or the work shared by all places. */
  readonly bound: number;
  readonly calls: number;
  readonly transfers: number;
  readonly retries: number;
  /** Images that are not built in the end: no attempt was left, or a parent's failed. */
  readonly unbuilt: number;
}

interface Running {
  readonly call: Call;
  /** What is there before the call ends, the next last. */
  readonly early: { readonly reference: Reference; readonly at: number }[];
  readonly end: number;
  readonly result: CallResult;
}

/**
 * Runs the schedule itself against a clock that is not one: which image is next, and on which builder, is its choice.
 */
export function simulate(jobs: readonly Job[], machines: Machines): Simulated {
  const { builders, jobs: perBuilder, callMs, transferMs, fails } = machines;
  const limits = { callSize: 0, jobs: perBuilder, builders, retries: 2, seesLocalImages: true };
  const schedule = new Schedule(jobs, limits);
  const jobOf = new Map(jobs.map((job) => [job.reference, job]));
  const at = new Map<Reference, Set<number>>();
  const running: Running[] = [];
  let now = 0;
  let calls = 0;
  let transfers = 0;
  let retries = 0;

  const start = (call: Call): void => {
    const needed = new Set(call.targets.flatMap((target) => jobOf.get(target)?.parents ?? []));
    const travelling = [...needed].filter(
      (parent) => !call.targets.includes(parent) && !at.get(parent)?.has(call.builder),
    );
    for (const parent of travelling) {
      at.get(parent)?.add(call.builder);
    }
    calls++;
    transfers += travelling.length;
    const begin = now + callMs + travelling.length * transferMs;
    running.push({ call, ...outcome(call, begin, jobOf, fails) });
  };

  while (!schedule.finished) {
    for (let call = schedule.next(); call !== undefined; call = schedule.next()) {
      start(call);
    }
    const first = running.reduce<Running | undefined>(
      (least, each) => (least === undefined || nextOf(each) < nextOf(least) ? each : least),
      undefined,
    );
    if (first === undefined) {
      throw new Error('the schedule has images left, and starts none');
    }
    now = nextOf(first);
    const made = first.early.pop();
    if (made !== undefined) {
      at.set(made.reference, new Set([first.call.builder]));
      schedule.built(made.reference);
      continue;
    }
    running.splice(running.indexOf(first), 1);
    for (const target of first.result.done) {
      if (!at.has(target)) {
        at.set(target, new Set([first.call.builder]));
      }
    }
    retries += first.result.kind === 'ended' ? first.result.failed.size : 0;
    schedule.end(first.call, first.result);
  }
  const unbuilt = jobs.filter(({ reference }) => schedule.state(reference).kind !== 'done').length;
  return {
    makespan: now,
    bound: lowerBound(jobs, builders * perBuilder),
    calls,
    transfers,
    retries,
    unbuilt,
  };
}

function nextOf({ early, end }: Running): number {
  return early.at(-1)?.at ?? end;
}

/**
 * A call is ended by the slowest of its images, each of which is there when it is made; one that fails ends the call for
 * those that are not, and they are tried again.
 */
function outcome(
  call: Call,
  begin: number,
  jobOf: ReadonlyMap<Reference, Job>,
  fails: () => boolean,
): Omit<Running, 'call'> {
  const ends = call.targets
    .map((reference) => ({
      reference,
      at: begin + (jobOf.get(reference)?.milliseconds ?? 0),
      isFault: fails(),
    }))
    .sort((a, b) => a.at - b.at);
  const failed = new Map<Reference, Failure>();
  const fault = ends.find(({ isFault }) => isFault);
  if (fault !== undefined) {
    failed.set(fault.reference, { reason: 'a simulated fault', transient: true, tail: [] });
  }
  const made = ends.slice(0, fault === undefined ? ends.length : ends.indexOf(fault));
  const end = fault?.at ?? made.at(-1)?.at ?? begin;
  const done = new Set(made.map(({ reference }) => reference));
  return { early: made.reverse(), end, result: { kind: 'ended', done, failed } };
}

/** Parents come before their children in `jobs`. */
/** No order takes less: the critical path, or the work shared by all places. */
export function lowerBound(jobs: readonly Job[], places: number): number {
  const ends = new Map<Reference, number>();
  let work = 0;
  let critical = 0;
  for (const { reference, parents, milliseconds = 0 } of jobs) {
    const end = Math.max(0, ...parents.map((parent) => ends.get(parent) ?? 0)) + milliseconds;
    ends.set(reference, end);
    work += milliseconds;
    critical = Math.max(critical, end);
  }
  return Math.max(critical, work / places);
}
