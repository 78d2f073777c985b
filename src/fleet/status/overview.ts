import { type Graph, inOrder } from '#compiler/resolve/graph.js';
import { addTo, groupBy } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from './decide.js';

/** What a person has to see of the decisions: what is to be done, what cannot be, and what nobody can say. */
export interface Overview {
  /** What is dragged along is behind its cause. */
  readonly rows: readonly OverviewRow[];
  /** Many images whose state is not known for one reason, by that reason: a registry in trouble. */
  readonly unknown: ReadonlyMap<string, readonly Decision[]>;
  /** The images that need nothing, and that nobody named. */
  readonly hidden: readonly Decision[];
}

interface OverviewRow {
  readonly decision: Decision;
  /** 0, or one more than that of the image which drags it along. */
  readonly depth: number;
}

export interface OverviewOptions {
  /** The images that are shown whether they need something or not: the user named them. */
  readonly named: ReadonlySet<Reference>;
  /** Shows every image (`--all`). */
  readonly everything: boolean;
}

/**
 * The images of which something is to be said, parents first, held ones before the others, and each behind the
 * parent that is the cause of what is done with it, or of what is not.
 */
export function overview(
  graph: Graph,
  decisions: readonly Decision[],
  { named, everything }: OverviewOptions,
): Overview {
  const isShown = (decision: Decision): boolean =>
    everything || named.has(decision.reference) || !needsNothing(decision);
  const shown = decisions.filter(isShown);
  const unknown = everything ? new Map() : unknownOnes(shown, named);
  const apart = new Set([...unknown.values()].flat());
  return {
    rows: behindTheirCauses(
      graph,
      shown.filter((decision) => !apart.has(decision)),
    ),
    unknown,
    hidden: decisions.filter((decision) => !isShown(decision)),
  };
}

/** Whether an image is there, as it is defined, with all its tags, and nothing keeps it from anything. */
export function needsNothing(decision: Decision): boolean {
  const { action, state, remark, owed = [], held, hold, broken, heldBack } = decision;
  return (
    (action === 'skip' || action === 'use') &&
    (state === 'published' || state === 'local') &&
    owed.length === 0 &&
    [remark, held, hold, broken, heldBack].every((one) => one === undefined)
  );
}

/** More images than these whose state is not known for one reason are told together. */
const mostAlone = 3;

function unknownOnes(
  shown: readonly Decision[],
  named: ReadonlySet<Reference>,
): ReadonlyMap<string, readonly Decision[]> {
  const unknown = shown.filter(
    ({ state, action, reference }) =>
      state === 'unknown' && action === 'stop' && !named.has(reference),
  );
  const byReason = groupBy(unknown, ({ why }) => why);
  return new Map([...byReason].filter(([, decisions]) => decisions.length > mostAlone));
}

function behindTheirCauses(graph: Graph, shown: readonly Decision[]): readonly OverviewRow[] {
  const byReference = new Map(shown.map((decision) => [decision.reference, decision]));
  const nodes = new Map(inOrder(graph).map((node) => [node.reference, node]));
  const dragged = new Map<Reference, Decision[]>();
  const roots: Decision[] = [];
  for (const decision of shown) {
    const node = nodes.get(decision.reference);
    const parents = (node?.parents ?? []).map(({ parent }) => parent);
    const cause = causeOf(decision, parents, node?.sound?.base, byReference);
    if (cause === undefined) {
      roots.push(decision);
    } else {
      addTo(dragged, cause, decision);
    }
  }
  const isHeld = ({ held, hold }: Decision) => held !== undefined || hold !== undefined;
  const first = [...roots.filter(isHeld), ...roots.filter((root) => !isHeld(root))];
  const rows: OverviewRow[] = [];
  // A list and no recursion: a chain of thousands of images would not fit on the stack.
  const open = first.map((decision): OverviewRow => ({ decision, depth: 0 })).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    rows.push(next);
    const { decision, depth } = next;
    for (const below of [...(dragged.get(decision.reference) ?? [])].reverse()) {
      open.push({ decision: below, depth: depth + 1 });
    }
  }
  return rows;
}

/**
 * The parent that drags an image along: the way to what blocks it, one that is lost or unknown as it is
 * itself, what it starts from, or another one that is built before it.
 */
function causeOf(
  { action, chain, lost, reference, broken, remark }: Decision,
  parents: readonly Reference[],
  base: string | undefined,
  shown: ReadonlyMap<Reference, Decision>,
): Reference | undefined {
  const isKept = (action === 'skip' || action === 'use') && broken === undefined;
  const isOwnFault = action === 'held' || action === 'fail' || lost === reference;
  if (isOwnFault || (isKept && remark === undefined)) {
    return undefined;
  }
  const causes = parents.filter((parent) => {
    const decision = shown.get(parent);
    return decision !== undefined && drags(decision);
  });
  const isLost = (parent: Reference) => lost !== undefined && shown.get(parent)?.lost === lost;
  return (
    causes.find((parent) => parent === chain?.[0]) ??
    causes.find(isLost) ??
    causes.find((parent) => parent === base) ??
    causes[0]
  );
}

/** Whether what is built on an image has to do with what is said of it. */
function drags({ action, broken }: Decision): boolean {
  return (action !== 'skip' && action !== 'use') || broken !== undefined;
}
