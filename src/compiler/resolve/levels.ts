import { addTo } from '#core/data/groups.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Edge } from './graph.js';

/** An image as far as its place among the others matters. */
export interface Node {
  readonly reference: Reference;
  readonly parents: readonly Edge[];
}

export interface Levels {
  /** 0 without parents, else one more than the highest parent; of an image on a cycle 0. */
  readonly levels: ReadonlyMap<Reference, number>;
  /** Of every image on a cycle the error, one for each strongly connected component. */
  readonly cycles: ReadonlyMap<Reference, Diagnostic>;
}

/** The level of every image: an order of levels has parents before children. */
export function levelsOf(nodes: readonly Node[]): Levels {
  const byReference = new Map<Reference, Node>();
  for (const node of nodes) {
    byReference.set(node.reference, node);
  }
  const unique = [...byReference.values()];
  const { ready, levels } = inOrder(unique);
  if (ready.size === unique.length) {
    return { levels, cycles: new Map() };
  }
  const cycles = cyclesAmong(unique.filter((node) => !ready.has(node)));
  // What is below a cycle has its place among the others once the cycle itself is cut out.
  const cut = unique.map((node) => (cycles.has(node.reference) ? { ...node, parents: [] } : node));
  return { levels: inOrder(cut).levels, cycles };
}

/**
 * Kahn's algorithm: the nodes whose parents all come before them, and the level of each. What is on
 * a cycle or below one never becomes ready, though it may have a level from the parents that are.
 */
function inOrder(nodes: readonly Node[]): {
  readonly ready: ReadonlySet<Node>;
  readonly levels: ReadonlyMap<Reference, number>;
} {
  const waiting = new Map<Reference, number>();
  const children = new Map<Reference, Node[]>();
  const ready = new Set<Node>();
  for (const node of nodes) {
    const parents = distinctParents(node);
    for (const parent of parents) {
      addTo(children, parent, node);
    }
    waiting.set(node.reference, parents.length);
    if (parents.length === 0) {
      ready.add(node);
    }
  }
  const levels = new Map<Reference, number>();
  // A set is walked to its end even while it grows.
  for (const node of ready) {
    const level = levels.get(node.reference) ?? 0;
    levels.set(node.reference, level);
    for (const child of children.get(node.reference) ?? []) {
      levels.set(child.reference, Math.max(levels.get(child.reference) ?? 0, level + 1));
      const left = (waiting.get(child.reference) ?? 0) - 1;
      waiting.set(child.reference, left);
      if (left === 0) {
        ready.add(child);
      }
    }
  }
  return { ready, levels };
}

/** Two keys may lead to one parent. */
function distinctParents({ parents }: Node): readonly Reference[] {
  const references = parents.map((edge) => edge.parent);
  return references.length < 2 ? references : [...new Set(references)];
}

/** An image of a cycle and its link to the next one. */
interface CycleLink {
  readonly from: Reference;
  readonly edge: Edge;
}

/** Of each image on a cycle the error of its strongly connected component, by a shortest cycle. */
function cyclesAmong(stuck: readonly Node[]): ReadonlyMap<Reference, Diagnostic> {
  const children = childrenOf(stuck);
  const nodes = withoutWhatIsBelow(stuck, children);
  const reported = new Map<Reference, Diagnostic>();
  for (const reference of [...nodes.keys()].sort()) {
    if (reported.has(reference)) {
      continue;
    }
    const cycle = shortestCycle(reference, nodes);
    if (cycle === undefined) {
      continue;
    }
    const problem = cycleError(cycle);
    for (const member of componentOf(reference, nodes, children)) {
      reported.set(member, problem);
    }
  }
  return reported;
}

function childrenOf(nodes: readonly Node[]): ReadonlyMap<Reference, readonly Reference[]> {
  const children = new Map<Reference, Reference[]>();
  for (const node of nodes) {
    for (const parent of distinctParents(node)) {
      addTo(children, parent, node.reference);
    }
  }
  return children;
}

/** What is on a cycle, or between two: a chain below one would be searched from each of its images. */
function withoutWhatIsBelow(
  stuck: readonly Node[],
  children: ReadonlyMap<Reference, readonly Reference[]>,
): ReadonlyMap<Reference, Node> {
  const nodes = new Map(stuck.map((node) => [node.reference, node]));
  const left = new Map([...children].map(([reference, all]) => [reference, all.length]));
  const lowest = stuck.filter(({ reference }) => !children.has(reference));
  // A list is walked to its end even while it grows.
  for (const node of lowest) {
    nodes.delete(node.reference);
    for (const parent of distinctParents(node)) {
      const count = (left.get(parent) ?? 0) - 1;
      left.set(parent, count);
      const above = nodes.get(parent);
      if (count === 0 && above !== undefined) {
        lowest.push(above);
      }
    }
  }
  return nodes;
}

/** Breadth first from an image over its parents back to itself; undefined where there is no cycle. */
function shortestCycle(
  start: Reference,
  nodes: ReadonlyMap<Reference, Node>,
): readonly CycleLink[] | undefined {
  const before = new Map<Reference, CycleLink>();
  const queue: Reference[] = [start];
  for (const from of queue) {
    for (const edge of nodes.get(from)?.parents ?? []) {
      if (!nodes.has(edge.parent) || before.has(edge.parent)) {
        continue;
      }
      before.set(edge.parent, { from, edge });
      if (edge.parent === start) {
        return traceBack(start, before);
      }
      queue.push(edge.parent);
    }
  }
  return undefined;
}

function traceBack(
  start: Reference,
  before: ReadonlyMap<Reference, CycleLink>,
): readonly CycleLink[] {
  const steps: CycleLink[] = [];
  let at = start;
  do {
    const step = before.get(at);
    if (step === undefined) {
      break;
    }
    steps.push(step);
    at = step.from;
  } while (at !== start);
  return steps.reverse();
}

/** The strongly connected component of an image: all that it needs and that need it. */
function componentOf(
  start: Reference,
  nodes: ReadonlyMap<Reference, Node>,
  children: ReadonlyMap<Reference, readonly Reference[]>,
): ReadonlySet<Reference> {
  const above = closure(start, (at) => (nodes.get(at)?.parents ?? []).map((edge) => edge.parent));
  const below = closure(start, (at) => children.get(at) ?? []);
  return new Set([...above].filter((reference) => below.has(reference)));
}

function closure(
  start: Reference,
  next: (at: Reference) => readonly Reference[],
): ReadonlySet<Reference> {
  const found = new Set([start]);
  for (const at of found) {
    for (const reference of next(at)) {
      found.add(reference);
    }
  }
  return found;
}

function cycleError(cycle: readonly CycleLink[]): Diagnostic {
  const [first] = cycle;
  const chain = [...cycle.map(({ from }) => from), first?.from ?? ''].join(' → ');
  return error('cycle', `dependency cycle: ${chain}`, {
    ...(first !== undefined && { place: first.edge.place }),
    hint: 'remove one of these links: an image cannot be built on itself',
    related: cycle.map(({ from, edge }) => ({
      message: `${from} needs ${edge.parent}`,
      place: edge.place,
    })),
  });
}
