import type { Reference } from '#core/reference/brands.js';
import type { Reason } from '../reasons/reason.js';
import type { Decision } from '../status/decide.js';

/** The image whose own reasons stand behind a reason; undefined: it is the last of its chain. */
export function leadsTo(reason: Reason): Reference | undefined {
  switch (reason.kind) {
    case 'parent-rebuilt':
    case 'parent-changed':
      return reason.parent;
    case 'blocked':
      return reason.chain[0] ?? reason.by;
    default:
      return undefined;
  }
}

/** The images that explain the asked ones, in the order of the decisions, themselves among them. */
export function chainOf(
  asked: ReadonlySet<Reference>,
  decisions: readonly Decision[],
): readonly Decision[] {
  const known = new Map(decisions.map((decision) => [decision.reference, decision]));
  const needed = new Set<Reference>();
  const open = [...asked];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (needed.has(next)) {
      continue;
    }
    needed.add(next);
    for (const reason of known.get(next)?.reasons ?? []) {
      const above = leadsTo(reason);
      if (above !== undefined) {
        open.push(above);
      }
    }
  }
  return decisions.filter(({ reference }) => needed.has(reference));
}
