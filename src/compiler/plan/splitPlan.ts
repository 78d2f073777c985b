import type { Plan, PlannedFile, PlannedTarget } from './plan.js';

/** A plan of one wave, which needs no other. */
export interface WavePlan {
  /** `wave-001`. */
  readonly name: string;
  readonly plan: Plan;
}

/**
 * One self-contained plan for each wave, in order: bake's own reading is quadratic, so past 1,000
 * images this is the way. Ancestors are in every plan that links to them. A plan without waves
 * (`--wave-size 0`) gives none.
 */
export function splitPlan(plan: Plan): WavePlan[] {
  const byName = new Map(plan.targets.map((target) => [target.name, target]));
  return plan.groups
    .filter((group) => group.kind === 'wave')
    .map(({ name, description, targets: names }) => {
      const targets = names.flatMap((each) => byName.get(each) ?? []);
      const group = { kind: 'default', name: 'default', description, targets: names } as const;
      return { name, plan: { targets, groups: [group], files: filesOf(plan, targets) } };
    });
}

/** The plan's files that these targets read. */
function filesOf(plan: Plan, targets: readonly PlannedTarget[]): PlannedFile[] {
  if (plan.files.length === 0) {
    return [];
  }
  const paths = new Set<string>();
  for (const { context, dockerfile } of targets) {
    paths.add(context);
    if (dockerfile.kind === 'file') {
      paths.add(dockerfile.path);
    }
  }
  return plan.files.filter(({ path }) => {
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
      if (paths.has(path.slice(0, at))) {
        return true;
      }
    }
    return false;
  });
}
