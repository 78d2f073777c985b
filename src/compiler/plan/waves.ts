import { targetsOfACall } from './limits.js';

/** Targets for one bake call, with every ancestor that they link to. */
export interface Wave {
  /** Indices of the targets, ascending: parents before children. */
  readonly members: readonly number[];
  /** Whether it holds more than the size asked for, since the ancestors of one target alone do. */
  readonly oversized: boolean;
}

/**
 * Divides targets into waves of at most `size` that hold all linked ancestors of their members, so
 * that no wave needs another; waves of few levels first. `parents[i]` are the targets that target
 * `i` links to, all of them below `i`.
 *
 * An ancestor is repeated in every wave that needs it, so it is enough to place the targets that
 * nothing is built on: the ancestors of these are all the others. They are taken family by family
 * (a walk down the links), so that those with the same ancestors are together; what is left over
 * is then fitted into the gaps. Near linear: a look at one target goes no further than a wave is
 * large.
 */
export function packWaves(parents: readonly (readonly number[])[], size: number): Wave[] {
  const tips = tipsByFamily(parents);
  const { bins: regular, refused: deep } = fill(parents, tips, size);
  // Where ancestors alone break the size, what an engine takes is the next bound; beyond that no
  // division helps, so all of it is one wave.
  const { bins: oversized, refused: hopeless } = fill(parents, deep, targetsOfACall);
  if (hopeless.length > 0) {
    oversized.push(...fill(parents, hopeless, Infinity).bins);
  }

  const levels = levelsOf(parents);
  return [...merge(regular, size), ...oversized]
    .map((bin) => {
      const members = [...bin].sort((a, b) => a - b);
      const height = members.reduce((most, member) => Math.max(most, levels[member] ?? 0), 0);
      return { members, oversized: bin.size > size, height };
    })
    .sort((a, b) => a.height - b.height || (a.members[0] ?? 0) - (b.members[0] ?? 0))
    .map(({ members, oversized: more }) => ({ members, oversized: more }));
}

/** The members of a wave that is being filled: closed under linked ancestors at any time. */
type Bin = Set<number>;

/** Puts each tip with its ancestors into the last bin or a new one; what fits none is refused. */
function fill(
  parents: readonly (readonly number[])[],
  tips: readonly number[],
  size: number,
): { bins: Bin[]; refused: number[] } {
  const bins: Bin[] = [];
  const refused: number[] = [];
  for (const tip of tips) {
    const last = bins.at(-1);
    if (last !== undefined && add(parents, last, tip, size)) {
      continue;
    }
    const fresh: Bin = new Set();
    if (add(parents, fresh, tip, size)) {
      bins.push(fresh);
    } else {
      refused.push(tip);
    }
  }
  return { bins, refused };
}

/** Adds a tip and the ancestors that the bin has not, or nothing at all where that is too much. */
function add(
  parents: readonly (readonly number[])[],
  bin: Bin,
  tip: number,
  size: number,
): boolean {
  const added = [tip];
  bin.add(tip);
  for (let at = 0; at < added.length; at++) {
    for (const parent of parents[added[at] ?? 0] ?? []) {
      if (bin.has(parent)) {
        continue;
      }
      bin.add(parent);
      added.push(parent);
    }
    if (bin.size > size) {
      for (const member of added) {
        bin.delete(member);
      }
      return false;
    }
  }
  return true;
}

/** Puts bins together, the largest first, each into the fullest one that has room for it. */
function merge(bins: readonly Bin[], size: number): Bin[] {
  const merged: Bin[] = [];
  /** By how many targets still fit. */
  const byRoom: Bin[][] = [];
  for (const bin of [...bins].sort((a, b) => b.size - a.size)) {
    let host = takeHost(byRoom, bin.size, size);
    if (host === undefined) {
      host = new Set();
      merged.push(host);
    }
    for (const member of bin) {
      host.add(member);
    }
    const same = byRoom[size - host.size];
    if (same === undefined) {
      byRoom[size - host.size] = [host];
    } else {
      same.push(host);
    }
  }
  return merged;
}

function takeHost(byRoom: Bin[][], needed: number, size: number): Bin | undefined {
  for (let room = needed; room < size; room++) {
    const host = byRoom[room]?.pop();
    if (host !== undefined) {
      return host;
    }
  }
  return undefined;
}

/** The targets that no other links to, in the order of a walk from each to its children. */
function tipsByFamily(parents: readonly (readonly number[])[]): number[] {
  const levels = levelsOf(parents);
  const children: number[][] = parents.map(() => []);
  const hasChild = new Uint8Array(parents.length);
  const roots: number[] = [];
  for (const [index, links] of parents.entries()) {
    let nearest = -1;
    for (const parent of links) {
      hasChild[parent] = 1;
      if (nearest === -1 || (levels[parent] ?? 0) > (levels[nearest] ?? 0)) {
        nearest = parent;
      }
    }
    (children[nearest] ?? roots).push(index);
  }
  const tips: number[] = [];
  const stack = roots.reverse();
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    if (hasChild[index] === 0) {
      tips.push(index);
    }
    const below = children[index] ?? [];
    for (let at = below.length - 1; at >= 0; at--) {
      stack.push(below[at] ?? 0);
    }
  }
  return tips;
}

function levelsOf(parents: readonly (readonly number[])[]): number[] {
  const levels: number[] = [];
  for (const links of parents) {
    let level = 0;
    for (const parent of links) {
      level = Math.max(level, (levels[parent] ?? 0) + 1);
    }
    levels.push(level);
  }
  return levels;
}
