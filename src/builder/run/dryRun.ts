import { type Diagnostic, hasErrors } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Job, Limits } from './call.js';
import { type CallFrame, planCall, withoutFaulty } from './callPlan.js';
import { Schedule } from './schedule.js';

/** What a build would run if nothing fails. */
export interface DryRun {
  /** The bake files, one a call, in order. */
  readonly plans: readonly string[];
  /** What is wrong with images that cannot be planned, each once. */
  readonly failed: readonly Diagnostic[];
  /** The images that these are about. */
  readonly faulty: readonly Reference[];
  /** The images that are built on these. */
  readonly skipped: readonly Reference[];
  /** What is wrong with the whole. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The real calls are made by the same schedule and the same planner. */
export function dryRun(frame: CallFrame, jobs: readonly Job[], limits: Limits): DryRun {
  const schedule = new Schedule(jobs, limits);
  const outside = new Map(frame.outside);
  const plans: string[] = [];
  const diagnostics: Diagnostic[] = [];
  const failed = new Set<Diagnostic>();
  for (let call = schedule.next(); call !== undefined; call = schedule.next()) {
    const each = (call.parts ?? [undefined]).map((part) =>
      planCall({ ...frame, outside }, call, undefined, part?.platforms),
    );
    const [planned] = each;
    if (planned === undefined) {
      throw new Error('a call of no builder');
    }
    if (planned.faults.size > 0) {
      const errors = [...planned.faults.values()].flat().filter((one) => hasErrors([one]));
      for (const fault of errors) {
        failed.add(fault);
      }
      schedule.end(call, withoutFaulty(planned));
      continue;
    }
    diagnostics.push(...planned.diagnostics);
    plans.push(...each.map(({ value }) => value.bake.plan));
    for (const reference of call.targets) {
      outside.set(reference, { reference });
    }
    schedule.end(call, { kind: 'ended', done: new Set(call.targets), failed: new Map() });
  }
  const inState = (kind: 'failed' | 'skipped') =>
    jobs
      .map(({ reference }) => reference)
      .filter((reference) => schedule.state(reference).kind === kind);
  const [faulty, skipped] = [inState('failed'), inState('skipped')];
  return { plans, failed: [...failed], faulty, skipped, diagnostics };
}
