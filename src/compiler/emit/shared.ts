import { groupBy } from '#core/data/groups.js';
import type { PlannedTarget } from '../plan/plan.js';

/** What every target of a tree has: the attributes of the target that they inherit. */
export interface Shared {
  readonly args: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  /** Empty where they differ. */
  readonly platforms: readonly string[];
  readonly pull: boolean;
}

/** For each tree of two or more targets that have something in common, in the plan's order. */
export function sharedByTree(targets: readonly PlannedTarget[]): ReadonlyMap<string, Shared> {
  const result = new Map<string, Shared>();
  for (const [tree, members] of groupBy(targets, (target) => target.tree)) {
    const shared = sharedBy(members);
    if (shared !== undefined) {
      result.set(tree, shared);
    }
  }
  return result;
}

function sharedBy(targets: readonly PlannedTarget[]): Shared | undefined {
  const [first, ...others] = targets;
  if (first === undefined || others.length === 0) {
    return undefined;
  }
  const shared: Shared = {
    args: entriesInAll(first, others, (target) => target.args),
    labels: entriesInAll(first, others, (target) => target.labels),
    platforms: others.every((other) => other.platforms.join() === first.platforms.join())
      ? first.platforms
      : [],
    pull: targets.every((target) => target.pull),
  };
  const something =
    shared.args.size > 0 || shared.labels.size > 0 || shared.platforms.length > 0 || shared.pull;
  return something ? shared : undefined;
}

function entriesInAll(
  first: PlannedTarget,
  others: readonly PlannedTarget[],
  of: (target: PlannedTarget) => ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  for (const [key, value] of of(first)) {
    if (others.every((other) => of(other).get(key) === value)) {
      result.set(key, value);
    }
  }
  return result;
}
