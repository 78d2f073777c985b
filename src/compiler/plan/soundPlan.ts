import { type Diagnostic, hasErrors } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { type Graph, withBroken } from '../resolve/graph.js';
import { makePlan, type PlanOutcome } from './makePlan.js';
import type { PlanOptions } from './options.js';

/** The plan of what can be planned. */
export interface SoundPlan {
  readonly plan: PlanOutcome;
  /** The graph with the images broken that cannot be in a plan. */
  readonly graph: Graph;
  /** Sound images that were asked for, and are built on a broken one that nothing replaces. */
  readonly leftOut: readonly Reference[];
}

/**
 * Plans every image of the selection that neither is broken nor descends from an image that is, unless
 * that is published (`options.outside`). What is found out while planning makes images broken too.
 */
export function soundPlan(
  given: Graph,
  selection: ReadonlySet<Reference>,
  options: PlanOptions,
): SoundPlan {
  const faults = new Map<Reference, readonly Diagnostic[]>();
  for (;;) {
    const graph = withBroken(given, faults);
    const out = leftOutOf(graph, options);
    const chosen = new Set([...selection].filter((each) => !out.has(each)));
    const plan = makePlan(graph, chosen, options);
    if (plan.faults.size === 0) {
      return { plan, graph, leftOut: [...selection].filter((each) => out.has(each)) };
    }
    for (const [reference, found] of plan.faults) {
      faults.set(
        reference,
        found.filter((one) => hasErrors([one])),
      );
    }
  }
}

/** All sound images that need a broken one, directly or not. */
function leftOutOf(
  { images, broken, byReference }: Graph,
  { outside }: PlanOptions,
): ReadonlySet<Reference> {
  const out = new Set<Reference>();
  if (broken.length === 0) {
    return out;
  }
  for (const { reference, parents } of images) {
    const needsBroken = parents.some(
      ({ parent }) => !outside.has(parent) && (out.has(parent) || !byReference.has(parent)),
    );
    if (needsBroken) {
      out.add(reference);
    }
  }
  return out;
}
