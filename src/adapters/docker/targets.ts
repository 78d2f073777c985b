import type { TargetName } from '#core/reference/brands.js';

/** What of a plan's target is needed to tell whose step it is that runs or fails. */
export interface BakeTarget {
  readonly name: TargetName;
  /** Targets of the same plan that it links to. */
  readonly parents: readonly TargetName[];
  /** Absent where the text is not at hand. */
  readonly dockerfile?: string;
  readonly context: string;
  readonly tags: readonly string[];
}

/** The targets of one bake call: by name, and with their ancestors. */
export interface Lineage {
  readonly targets: readonly BakeTarget[];
  has(name: string): boolean;
  /** All targets that this one links to, directly or through others, parents first. */
  ancestors(target: BakeTarget): readonly BakeTarget[];
  find(name: string): BakeTarget | undefined;
}

/** `targets` has parents before children. */
export function lineage(targets: readonly BakeTarget[]): Lineage {
  const byName = new Map<string, BakeTarget>(targets.map((target) => [target.name, target]));
  const known = new Map<BakeTarget, readonly BakeTarget[]>();
  const ancestors = (target: BakeTarget): readonly BakeTarget[] => {
    const before = known.get(target);
    if (before !== undefined) {
      return before;
    }
    const found = new Set<BakeTarget>();
    // An explicit stack: a chain of thousands is deeper than the call stack should get.
    const open = [...target.parents];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const parent = byName.get(name);
      if (parent === undefined || found.has(parent)) {
        continue;
      }
      found.add(parent);
      open.push(...parent.parents);
    }
    const ordered = targets.filter((each) => found.has(each));
    known.set(target, ordered);
    return ordered;
  };
  return { targets, has: (name) => byName.has(name), find: (name) => byName.get(name), ancestors };
}
