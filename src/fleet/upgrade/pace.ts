import type { Reference } from '#core/reference/brands.js';

/** An image that is to get a version, as the pace sees it. */
export interface Waiting {
  readonly reference: Reference;
  readonly isSecurity: boolean;
}

export interface Pace {
  /** So many images get a version. */
  readonly most: number;
  /** Which of the images goes first; absent: none does, and all may go. */
  readonly isCanary?: (reference: Reference) => boolean;
}

/** Why an image waits for the next run. */
export type Wait = 'pace' | 'canary';

export interface Paced {
  readonly taken: ReadonlySet<Reference>;
  readonly waiting: ReadonlyMap<Reference, Wait>;
}

/**
 * Which images go now: security first, then parents first, and never a child before what it is built on, where that goes too.
 *
 * @param images parents first
 * @param parentsOf what an image is built on, by whatever edge
 */
export function paced(
  images: readonly Waiting[],
  parentsOf: (reference: Reference) => readonly Reference[],
  { most, isCanary }: Pace,
): Paced {
  const all = new Set(images.map(({ reference }) => reference));
  const above = (reference: Reference) => ancestorsWithin(reference, all, parentsOf);
  const canaries = images.filter(({ reference }) => isCanary?.(reference) === true);
  const allowed =
    isCanary === undefined
      ? all
      : new Set(canaries.flatMap(({ reference }) => [reference, ...above(reference)]));
  const taken = new Set<Reference>();
  const order = [
    ...images.filter(({ isSecurity }) => isSecurity),
    ...images.filter(({ isSecurity }) => !isSecurity),
  ];
  for (const { reference } of order) {
    if (!allowed.has(reference)) {
      continue;
    }
    const needed = above(reference);
    const chain = images.map((each) => each.reference).filter((each) => needed.has(each));
    for (const each of [...chain, reference]) {
      if (taken.size < most) {
        taken.add(each);
      }
    }
  }
  const waiting = images
    .filter(({ reference }) => !taken.has(reference))
    .map(({ reference }): [Reference, Wait] => [
      reference,
      allowed.has(reference) ? 'pace' : 'canary',
    ]);
  return { taken, waiting: new Map(waiting) };
}

/** What an image is built on, directly or not, through images that need not be of the set. */
function ancestorsWithin(
  reference: Reference,
  all: ReadonlySet<Reference>,
  parentsOf: (reference: Reference) => readonly Reference[],
): ReadonlySet<Reference> {
  const seen = new Set<Reference>();
  const open = [...parentsOf(reference)];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (!seen.has(at)) {
      seen.add(at);
      open.push(...parentsOf(at));
    }
  }
  return new Set([...seen].filter((each) => all.has(each)));
}
