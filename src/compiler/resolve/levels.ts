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
 * parent), and by reference within one. Images that need themselves are an error for each knot of
 * them, and come last.
 */
export function levelled<T extends Node>(
  nodes: readonly T[],
  diagnostics: Diagnostic[],
): readonly { readonly node: T; readonly level: number }[] {
  const byReference = new Map<Reference, T>();
  for (const node of nodes) {
    byReference.set(node.reference, node);
  }
  const levels = new Map<Reference, number>();
  const waiting = new Map<Reference, number>();
  const children = new Map<Reference, T[]>();
  const ready: T[] = [];
  for (const node of byReference.values()) {
    const parents = distinctParents(node);
    for (const parent of parents) {
      addTo(children, parent, node);
    }
    waiting.set(node.reference, parents.length);
    if (parents.length === 0) {
      ready.push(node);
    }
  }
  for (const node of ready) {
    const level = levels.get(node.reference) ?? 0;
    levels.set(node.reference, level);
    for (const child of children.get(node.reference) ?? []) {
      levels.set(child.reference, Math.max(levels.get(child.reference) ?? 0, level + 1));
      const left = (waiting.get(child.reference) ?? 0) - 1;
      waiting.set(child.reference, left);
      if (left === 0) {
        ready.push(child);
      }
    }
  }
  if (ready.length < byReference.size) {
    const stuck = [...byReference.values()].filter((node) => waiting.get(node.reference) !== 0);
    for (const cycle of cyclesAmong(stuck)) {
      diagnostics.push(cycleError(cycle));
    }
    ready.push(...stuck);
  }
  return ready
    .map((node) => ({ node, level: levels.get(node.reference) ?? 0 }))
    .sort((a, b) => a.level - b.level || (a.node.reference < b.node.reference ? -1 : 1));
}

/** Two keys may lead to one parent. */
function distinctParents({ parents }: Node): readonly Reference[] {
  const references = parents.map((edge) => edge.parent);
  return references.length < 2 ? references : [...new Set(references)];
}

/** A step of a cycle: the image and its link to the next one. */
interface Step {
  readonly from: Reference;
  readonly edge: Edge;
}

/** One shortest cycle for each knot of images that need each other, in order of reference. */
function cyclesAmong(stuck: readonly Node[]): readonly (readonly Step[])[] {
  const nodes = new Map(stuck.map((node) => [node.reference, node]));
  const cycles: (readonly Step[])[] = [];
  const inOrder = [...nodes.keys()].sort();
  const told = new Set<Reference>();
  for (const reference of inOrder) {
    if (told.has(reference)) {
      continue;
    }
    const cycle = shortestCycle(reference, nodes);
    if (cycle === undefined) {
      continue;
    }
    cycles.push(cycle);
    for (const member of knotOf(reference, nodes)) {
      told.add(member);
    }
  }
  return cycles;
}

/** Breadth first from an image over its parents back to itself; undefined where no way leads back. */
function shortestCycle(
  start: Reference,
  nodes: ReadonlyMap<Reference, Node>,
): readonly Step[] | undefined {
  const before = new Map<Reference, Step>();
  const queue: Reference[] = [start];
  for (const from of queue) {
    for (const edge of nodes.get(from)?.parents ?? []) {
      if (!nodes.has(edge.parent) || before.has(edge.parent)) {
        continue;
      }
      before.set(edge.parent, { from, edge });
      if (edge.parent === start) {
        return wayBack(start, before);
      }
      queue.push(edge.parent);
    }
  }
  return undefined;
}

function wayBack(start: Reference, before: ReadonlyMap<Reference, Step>): readonly Step[] {
  const steps: Step[] = [];
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

/** All images that both need the given one and are needed by it. */
function knotOf(start: Reference, nodes: ReadonlyMap<Reference, Node>): ReadonlySet<Reference> {
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

function cycleError(cycle: readonly Step[]): Diagnostic {
  const [first] = cycle;
  const chain = [...cycle.map(({ from }) => from), first?.from ?? ''].join(' → ');
  return error('cycle', `these images need each other: ${chain}`, {
    ...(first !== undefined && { place: first.edge.place }),
    hint: 'take one of the links out: an image cannot be built on itself',
    related: cycle.map(({ from, edge }) => ({
      message: `${from} needs ${edge.parent}`,
      place: edge.place,
    })),
  });
}
