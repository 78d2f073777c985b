import { addTo } from '#core/data/groups.js';

/** An image among those that are cut into jobs. */
export interface Linked {
  readonly reference: string;
  readonly parents: readonly Linked[];
  readonly milliseconds: number;
}

/** Images of one stage that are linked in it, and their work. */
interface Component<T> {
  readonly nodes: readonly T[];
  readonly milliseconds: number;
  /** Whether nothing of another stage is above it: it may be built in any earlier one. */
  readonly isFree: boolean;
}

/** What one machine builds in a stage. */
export interface Share<T> {
  readonly nodes: readonly T[];
  readonly milliseconds: number;
}

interface Bin<T> {
  components: Component<T>[];
  milliseconds: number;
}

/**
 * Images by their stages on at most `most` machines in all, stage by stage. What needs nothing of an earlier stage is in the
 * first that takes no longer for it.
 *
 * @param stages what is in each, none of them empty
 */
export function layoutOf<T extends Linked>(
  stages: readonly (readonly T[])[],
  most: number,
): readonly (readonly Share<T>[])[] {
  const [first = [], ...later] = stages.map(componentsOf);
  const free = later.flatMap((all) => all.filter(({ isFree }) => isFree));
  const bound = later.map((all) => all.filter(({ isFree }) => !isFree));
  const early = [[...first, ...free], ...bound].filter(({ length }) => length > 0);
  const tried = (free.length === 0 ? [early] : [early, [first, ...later]]).map((all) => {
    const shares = sharesOf(all, most);
    return moveForward(all.map((components, at) => packed(components, shares[at] ?? 1)));
  });
  const best = tried.reduce((a, b) => (timeOf(b) < timeOf(a) ? b : a));
  return best.map((bins) =>
    bins.map(({ components, milliseconds }) => ({
      nodes: components.flatMap(({ nodes }) => nodes),
      milliseconds,
    })),
  );
}

/** How long it takes where each stage waits for the one before. */
export function timeOf(stages: readonly (readonly { readonly milliseconds: number }[])[]): number {
  return stages.reduce((sum, bins) => sum + longestOf(bins), 0);
}

function longestOf(bins: readonly { readonly milliseconds: number }[]): number {
  return bins.reduce((max, { milliseconds }) => Math.max(max, milliseconds), 0);
}

/** Moves what is free from where it is to the first stage that has room for it: no stage takes longer than before. */
function moveForward<T>(stages: readonly Bin<T>[][]): readonly (readonly Bin<T>[])[] {
  for (const [at, bins] of stages.entries()) {
    for (const earlier of stages.slice(0, at)) {
      const longest = longestOf(earlier);
      for (const bin of bins) {
        for (const component of bin.components.filter(({ isFree }) => isFree)) {
          const least = leastOf(earlier);
          if (least !== undefined && least.milliseconds + component.milliseconds <= longest) {
            put(component, least);
            bin.components = bin.components.filter((one) => one !== component);
            bin.milliseconds -= component.milliseconds;
          }
        }
      }
      for (const bin of [...bins]) {
        if (bin.milliseconds <= longest && bin.components.every(({ isFree }) => isFree)) {
          bins.splice(bins.indexOf(bin), 1);
          earlier.push(bin);
        }
      }
    }
  }
  return stages
    .map((bins) => bins.filter(({ components }) => components.length > 0))
    .filter(({ length }) => length > 0);
}

function componentsOf<T extends Linked>(nodes: readonly T[]): readonly Component<T>[] {
  const leaderOf = new Map<Linked, Linked>(nodes.map((node) => [node, node]));
  const find = (node: Linked): Linked => {
    let at = node;
    for (let up = leaderOf.get(at); up !== undefined && up !== at; up = leaderOf.get(at)) {
      at = up;
    }
    leaderOf.set(node, at);
    return at;
  };
  for (const node of nodes) {
    for (const parent of node.parents) {
      if (leaderOf.has(parent)) {
        leaderOf.set(find(node), find(parent));
      }
    }
  }
  const groups = new Map<Linked, T[]>();
  for (const node of nodes) {
    addTo(groups, find(node), node);
  }
  return [...groups.values()].map((own) => ({
    nodes: own,
    milliseconds: own.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    isFree: own.every(({ parents }) => parents.every((parent) => leaderOf.has(parent))),
  }));
}

/**
 * How many jobs each stage has: each further one goes where it takes most off, with work that could be shared at will.
 */
function sharesOf(
  stages: readonly (readonly Component<unknown>[])[],
  most: number,
): readonly number[] {
  const shares = stages.map(() => 1);
  const measures = stages.map((components) => ({
    work: components.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    longest: components.reduce((max, { milliseconds }) => Math.max(max, milliseconds), 0),
    count: components.length,
  }));
  for (let left = most - stages.length; left > 0; left--) {
    let chosen: number | undefined;
    let highest = 0;
    for (const [at, { work, longest, count }] of measures.entries()) {
      const share = shares[at] ?? 1;
      const gain =
        share >= count
          ? 0
          : Math.max(longest, work / share) - Math.max(longest, work / (share + 1));
      if (gain > highest) {
        [chosen, highest] = [at, gain];
      }
    }
    if (chosen === undefined) {
      break;
    }
    shares[chosen] = (shares[chosen] ?? 1) + 1;
  }
  return shares;
}

/** The longest first, each to the job that has least. */
function packed<T extends Linked>(components: readonly Component<T>[], share: number): Bin<T>[] {
  const sorted = [...components].sort(
    (a, b) => b.milliseconds - a.milliseconds || (nameOf(a) < nameOf(b) ? -1 : 1),
  );
  const bins: Bin<T>[] = Array.from({ length: Math.min(share, sorted.length) }, () => ({
    components: [],
    milliseconds: 0,
  }));
  for (const component of sorted) {
    const least = leastOf(bins);
    if (least !== undefined) {
      put(component, least);
    }
  }
  return bins;
}

function leastOf<T>(bins: readonly Bin<T>[]): Bin<T> | undefined {
  return bins.reduce<Bin<T> | undefined>(
    (a, b) => (a === undefined || b.milliseconds < a.milliseconds ? b : a),
    undefined,
  );
}

function put<T>(component: Component<T>, bin: Bin<T>): void {
  bin.components.push(component);
  bin.milliseconds += component.milliseconds;
}

function nameOf({ nodes: [first] }: Component<Linked>): string {
  return first?.reference ?? '';
}
