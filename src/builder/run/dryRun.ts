import type { Diagnostic, Outcome } from '#core/diagnostics/diagnostic.js';
import type { Job, Limits } from './call.js';
import { type CallFrame, planCall } from './callPlan.js';
import { Schedule } from './schedule.js';

/**
 * The bake files that a build would run if nothing fails, in order. The real calls are made by the
 * same schedule and the same planner.
 */
export function dryRun(
  frame: CallFrame,
  jobs: readonly Job[],
  limits: Limits,
): Outcome<readonly string[]> {
  const schedule = new Schedule(jobs, limits);
  const outside = new Map(frame.outside);
  const plans: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (let call = schedule.next(); call !== undefined; call = schedule.next()) {
    const planned = planCall({ ...frame, outside }, call);
    diagnostics.push(...planned.diagnostics);
    plans.push(planned.value.bake.plan);
    for (const reference of call.targets) {
      outside.set(reference, { reference });
    }
    schedule.end(call, { kind: 'ended', done: new Set(call.targets), failed: new Map() });
  }
  return { value: plans, diagnostics };
}
