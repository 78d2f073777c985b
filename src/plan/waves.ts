import { STREAMS_OF_A_CALL, streamsOf } from './limits.js';

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
 * (a walk down the links), so that those with the same ancestors stand together; what is left over
 * is then fitted into the gaps. Near linear: a look at one target goes no further than a wave is
 * large.
 */
export function packWaves(parents: readonly (readonly number[])[], size: number): Wave[] {
  const tips = tipsByFamily(parents);
  // Who asks for more than the engine takes has another engine.
  const streams = streamsOf(0) * size <= STREAMS_OF_A_CALL ? STREAMS_OF_A_CALL : Infinity;
  const wanted: Limits = { size, streams };
  const { bins: regular, refused: deep } = fill(parents, tips, wanted);
  // Where ancestors alone break the size, what the engine takes is the next bound; beyond that no
  // division helps, so all of it stands together.
  const engine: Limits = { size: Infinity, streams: STREAMS_OF_A_CALL };
  const { bins: oversized, refused: hopeless } = fill(parents, deep, engine);
  if (hopeless.length > 0) oversized.push(...fill(parents, hopeless, NO_LIMITS).bins);

  const levels = levelsOf(parents);
  const waves = [
    ...merge(regular, wanted).map((bin) => wave(bin, false)),
    ...oversized.map((bin) => wave(bin, bin.members.size > size)),
  ];
  const height = new Map(
    waves.map((each) => [each, Math.max(...each.members.map((member) => levels[member] ?? 0))]),
  );
  return waves.sort(
    (a, b) =>
      (height.get(a) ?? 0) - (height.get(b) ?? 0) || (a.members[0] ?? 0) - (b.members[0] ?? 0),
  );
}

interface Limits {
  readonly size: number;
  readonly streams: number;
}

const NO_LIMITS: Limits = { size: Infinity, streams: Infinity };

/** A wave that is being filled: closed under linked ancestors at any time. */
interface Bin {
  readonly members: Set<number>;
  streams: number;
}

function wave(bin: Bin, oversized: boolean): Wave {
  return { members: [...bin.members].sort((a, b) => a - b), oversized };
}

/** Puts each tip with its ancestors into the last bin, or a new one; those too large for any are refused. */
function fill(
  parents: readonly (readonly number[])[],
  tips: readonly number[],
  limits: Limits,
): { bins: Bin[]; refused: number[] } {
  const bins: Bin[] = [];
  const refused: number[] = [];
  for (const tip of tips) {
    const last = bins.at(-1);
    if (last !== undefined && add(parents, last, tip, limits)) continue;
    const fresh: Bin = { members: new Set(), streams: 0 };
    if (add(parents, fresh, tip, limits)) bins.push(fresh);
    else refused.push(tip);
  }
  return { bins, refused };
}

/** Adds a tip and the ancestors that the bin has not, or nothing at all where that is too much. */
function add(
  parents: readonly (readonly number[])[],
  bin: Bin,
  tip: number,
  limits: Limits,
): boolean {
  const added = [tip];
  bin.members.add(tip);
  let streams = bin.streams;
  for (let at = 0; at < added.length; at++) {
    const links = parents[added[at] ?? 0] ?? [];
    streams += streamsOf(links.length);
    for (const parent of links) {
      if (bin.members.has(parent)) continue;
      bin.members.add(parent);
      added.push(parent);
    }
    if (bin.members.size > limits.size || streams > limits.streams) {
      for (const member of added) bin.members.delete(member);
      return false;
    }
  }
  bin.streams = streams;
  return true;
}

/** Puts bins together, the largest first, each into the fullest one that has room for it. */
function merge(bins: readonly Bin[], limits: Limits): Bin[] {
  const merged: Bin[] = [];
  /** By how many targets still fit. */
  const byRoom: Bin[][] = [];
  const sorted = [...bins].sort((a, b) => b.members.size - a.members.size);
  for (const bin of sorted) {
    const host = takeHost(byRoom, bin, limits) ?? { members: new Set<number>(), streams: 0 };
    if (host.members.size === 0) merged.push(host);
    for (const member of bin.members) host.members.add(member);
    host.streams += bin.streams;
    const room = limits.size - host.members.size;
    const same = byRoom[room];
    if (same === undefined) byRoom[room] = [host];
    else same.push(host);
  }
  return merged;
}

function takeHost(byRoom: Bin[][], bin: Bin, limits: Limits): Bin | undefined {
  for (let room = bin.members.size; room < limits.size; room++) {
    const candidates = byRoom[room];
    const candidate = candidates?.at(-1);
    if (candidate !== undefined && candidate.streams + bin.streams <= limits.streams) {
      candidates?.pop();
      return candidate;
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
      if (nearest === -1 || (levels[parent] ?? 0) > (levels[nearest] ?? 0)) nearest = parent;
    }
    (children[nearest] ?? roots).push(index);
  }
  const tips: number[] = [];
  const stack = roots.reverse();
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    if (hasChild[index] === 0) tips.push(index);
    const below = children[index] ?? [];
    for (let at = below.length - 1; at >= 0; at--) stack.push(below[at] ?? 0);
  }
  return tips;
}

function levelsOf(parents: readonly (readonly number[])[]): number[] {
  const levels: number[] = [];
  for (const links of parents) {
    let level = 0;
    for (const parent of links) level = Math.max(level, (levels[parent] ?? 0) + 1);
    levels.push(level);
  }
  return levels;
}
