import type { Owners } from '#compiler/owners/owners.js';
import { type Graph, type GraphNode, inOrder } from '#compiler/resolve/graph.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { lastDuration, type RunReport } from '../reports/readRun.js';
import type { Decision } from '../status/decide.js';
import type { StateName } from '../status/states.js';

/** An image that is built on one that was asked for, directly or not. */
interface ImpactImage {
  readonly reference: Reference;
  /** 1: on one that was asked for; else one more than the highest of its parents that are here. */
  readonly level: number;
  /** Its parents that were asked for, or are here. */
  readonly parents: readonly Reference[];
  readonly private?: true;
  readonly state: StateName;
  /** Of the published manifest. */
  readonly digest?: Digest;
  /** Who answers for it. */
  readonly owner?: string;
  /**
   * How long it was built, tested and published in the newest report that has it; else the median of the
   * last runs on this machine.
   */
  readonly milliseconds?: number;
}

export interface Impact {
  /** By level, then by reference. */
  readonly images: readonly ImpactImage[];
  /** Of the images with a duration: all, one after the other; and the chain that takes longest. */
  readonly total: number;
  readonly longest: number;
}

/**
 * The images that are built on others, directly or not: parents first, without those.
 *
 * @param first images that are among them in any case, as those that start from a base from outside the trees
 */
export function builtOn(
  graph: Graph,
  asked: ReadonlySet<Reference>,
  first: ReadonlySet<Reference> = new Set(),
): ReadonlySet<Reference> {
  const below = new Set<Reference>();
  for (const { reference, parents } of inOrder(graph)) {
    if (
      !asked.has(reference) &&
      (first.has(reference) || parents.some(({ parent }) => asked.has(parent) || below.has(parent)))
    ) {
      below.add(reference);
    }
  }
  return below;
}

/** What the images are looked up in. */
interface ImpactKnown {
  /** The newest first. */
  readonly runs: readonly RunReport[];
  /** How long an image usually takes, in milliseconds, where no report of these says it. */
  readonly usually?: (reference: Reference) => number | undefined;
  readonly owners: Owners;
  /** As for `builtOn`. */
  readonly first?: ReadonlySet<Reference>;
}

export function impactOf(
  graph: Graph,
  asked: ReadonlySet<Reference>,
  decisions: readonly Decision[],
  { runs, usually = () => undefined, owners, first }: ImpactKnown,
): Impact {
  const below = builtOn(graph, asked, first);
  const known = new Map(decisions.map((decision) => [decision.reference, decision]));
  const levels = new Map<Reference, number>();
  const ends = new Map<Reference, number>();
  const images: ImpactImage[] = [];
  for (const node of inOrder(graph)) {
    const decision = known.get(node.reference);
    if (!below.has(node.reference) || decision === undefined) {
      continue;
    }
    const parents = [...new Set(node.parents.map(({ parent }) => parent))].filter(
      (parent) => asked.has(parent) || below.has(parent),
    );
    const level = 1 + Math.max(0, ...parents.map((parent) => levels.get(parent) ?? 0));
    const milliseconds = lastDuration(node.reference, runs) ?? usually(node.reference);
    const begin = Math.max(0, ...parents.map((parent) => ends.get(parent) ?? 0));
    levels.set(node.reference, level);
    ends.set(node.reference, begin + (milliseconds ?? 0));
    const owner = ownerOf(node, owners);
    images.push(imageOf(node, decision, { level, parents, milliseconds, owner }));
  }
  images.sort((a, b) => a.level - b.level || (a.reference < b.reference ? -1 : 1));
  const total = images.reduce((sum, image) => sum + (image.milliseconds ?? 0), 0);
  return { images, total, longest: Math.max(0, ...ends.values()) };
}

function imageOf(
  { reference }: GraphNode,
  { state, digest, private: isPrivate }: Decision,
  {
    milliseconds,
    owner,
    ...place
  }: Pick<ImpactImage, 'level' | 'parents'> & {
    readonly milliseconds: number | undefined;
    readonly owner: string | undefined;
  },
): ImpactImage {
  return {
    reference,
    ...place,
    ...(isPrivate === undefined ? {} : { private: isPrivate }),
    state,
    ...(digest === undefined ? {} : { digest }),
    ...(owner === undefined ? {} : { owner }),
    ...(milliseconds === undefined ? {} : { milliseconds }),
  };
}

function ownerOf({ sound, broken }: GraphNode, owners: Owners): string | undefined {
  const image = sound?.rendered.definition ?? broken?.image;
  return image && owners.of(image)?.text;
}
