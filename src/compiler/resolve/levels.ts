import { addTo } from '#core/data/groups.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Edge } from './graph.js';

/** An image as far as its place among the others matters. */
export interface Node {
  readonly reference: Reference;
  readonly parents: readonly Edge[];
}

/**
 * Puts parents before children: by level (0 without parents, else one more than the highest
 * parent), and by reference within one. Images on a cycle come last, with one error for each strongly
 * connected component.
 */
export function levelled<T extends Node>(
  nodes: readonly T[],
  diagnostics: Diagnostic[],
): readonly { readonly node: T; readonly level: number }[] {
  const byReference = new Map<Reference, T>();
  for (const node of nodes) {
    byReference.set(node.reference, node);
  }
  const { ready, levels } = inOrder([...byReference.values()]);
  if (ready.size < byReference.size) {
    const stuck = [...byReference.values()].filter((node) => !ready.has(node));
    for (const cycle of cyclesAmong(stuck)) {
      diagnostics.push(cycleError(cycle));
    }
    for (const node of stuck) {
      ready.add(node);
    }
  }
  return [...ready]
    .map((node) => ({ node, level: levels.get(node.reference) ?? 0 }))
    .sort((a, b) => a.level - b.level || (a.node.reference < b.node.reference ? -1 : 1));
}

/**
 * Kahn's algorithm: the nodes whose parents all come before them, and the level of each. What is on
 * a cycle or below one never becomes ready, though it may have a level from the parents that are.
 */
function inOrder<T extends Node>(
  nodes: readonly T[],
): { readonly ready: Set<T>; readonly levels: ReadonlyMap<Reference, number> } {
  const waiting = new Map<Reference, number>();
  const children = new Map<Reference, T[]>();
  const ready = new Set<T>();
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

/** One shortest cycle for each strongly connected component, in order of reference. */
function cyclesAmong(stuck: readonly Node[]): readonly (readonly CycleLink[])[] {
  const nodes = new Map(stuck.map((node) => [node.reference, node]));
  const cycles: (readonly CycleLink[])[] = [];
  const reported = new Set<Reference>();
  for (const reference of [...nodes.keys()].sort()) {
    if (reported.has(reference)) {
      continue;
    }
    const cycle = shortestCycle(reference, nodes);
    if (cycle === undefined) {
      continue;
    }
    cycles.push(cycle);
    for (const member of componentOf(reference, nodes)) {
      reported.add(member);
    }
  }
  return cycles;
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
): ReadonlySet<Reference> {
  const children = new Map<Reference, Reference[]>();
  for (const { reference, parents } of nodes.values()) {
    for (const { parent } of parents) {
      addTo(children, parent, reference);
    }
  }
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
