import type { BuildStep } from './step.js';
import type { BakeTarget, Lineage } from './targets.js';

/**
 * The targets whose own step it is. BuildKit reports a step of a parent under the names of all its
 * descendants too, and now and then (buildx 0.13, 1 failure in 24) the parent's own name never
 * comes, because the step failed before. So: of the targets named, those that have no ancestor among
 * them; and where such a one's Dockerfile does not hold the instruction, the nearest ancestor's that
 * does. Several unrelated targets with the same step all own it.
 */
export function owners(
  step: Pick<BuildStep, 'reporters' | 'internal' | 'instruction' | 'number'>,
  lineage: Lineage,
): readonly BakeTarget[] {
  const earliest = step.reporters.filter(
    (target) => !lineage.ancestors(target).some((parent) => step.reporters.includes(parent)),
  );
  // Loading and exporting are done in the target's own name.
  if (step.internal || step.number === undefined) {
    return earliest;
  }
  const found = earliest.map((target) => trueOwner(target, step.instruction, lineage));
  return [...new Set(found)];
}

function trueOwner(reporter: BakeTarget, instruction: string, lineage: Lineage): BakeTarget {
  const wanted = squeeze(instruction);
  if (holds(reporter, wanted)) {
    return reporter;
  }
  return lineage.ancestors(reporter).findLast((target) => holds(target, wanted)) ?? reporter;
}

function holds(target: BakeTarget, wanted: string): boolean {
  if (target.dockerfile === undefined) {
    return false;
  }
  let instructions = squeezed.get(target);
  if (instructions === undefined) {
    instructions = squeeze(target.dockerfile);
    squeezed.set(target, instructions);
  }
  for (
    let at = instructions.indexOf(wanted);
    at !== -1;
    at = instructions.indexOf(wanted, at + 1)
  ) {
    // A trigger runs in the child's name, and is the child's.
    if (!/ONBUILD$/i.test(instructions.slice(Math.max(0, at - 7), at))) {
      return true;
    }
  }
  return false;
}

/** BuildKit joins continued lines and changes blanks: the text compares without them. */
function squeeze(text: string): string {
  return text.replace(/[\s\\]+/g, '');
}

/** Dockerfiles that were searched: a thousand steps do not squeeze one a thousand times. */
const squeezed = new WeakMap<BakeTarget, string>();
