import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import type { ContextKey, Reference } from '#core/reference/brands.js';
import { type BrokenImage, brokenFrom } from '../definitions/broken.js';
import type { RenderedImage } from '../render/rendered.js';

/** The images with the links that their rendered Dockerfiles really make, parents first. */
export interface Graph {
  /** The sound ones: parents before children; ties by reference. Parents may be broken. */
  readonly images: readonly ResolvedImage[];
  /** Of the sound ones. */
  readonly byReference: ReadonlyMap<Reference, ResolvedImage>;
  /** In the same order, those without a reference last. */
  readonly broken: readonly BrokenNode[];
  /** The images, sound and broken, that are private (`withPrivacy`); absent: none, or nobody has looked. */
  readonly privates?: ReadonlySet<Reference>;
  /** Doubts that several images share; absent: none. */
  readonly doubts?: readonly SharedDoubt[];
}

/** A doubt that several images share: reported once, if one of them is selected. */
export interface SharedDoubt {
  readonly users: readonly Reference[];
  readonly diagnostic: Diagnostic;
}

/** A broken image among the others, with the links that are known. */
export interface BrokenNode {
  readonly image: BrokenImage;
  /** Empty where its Dockerfile cannot be read. */
  readonly parents: readonly Edge[];
  /** As of a sound image, as far as its parents are known. */
  readonly level: number;
  /** What is wrong with links among several images and not with one alone: it is on a cycle. */
  readonly cycle?: Diagnostic;
}

export interface ResolvedImage {
  readonly rendered: RenderedImage;
  readonly reference: Reference;
  /** Links to images of the trees, one per context key, in the order of the Dockerfile. */
  readonly parents: readonly Edge[];
  /** References to images that no tree defines (`bookworm`), in the order of the Dockerfile. */
  readonly externals: readonly ExternalReference[];
  /** The same of what its ONBUILDs have its children take (`handedDown`); absent: nothing. */
  readonly handsDown?: readonly ExternalReference[];
  /** 0 for an image without parents in the trees, else one more than its highest parent. */
  readonly level: number;
  /**
   * What the final stage starts from once stages are followed: an image of the trees, an external
   * reference, or `scratch`.
   */
  readonly base: string;
  /** True where the image can have no layer at all: only metadata instructions on scratch. */
  readonly withoutLayers: boolean;
  /**
   * What it is built for: what its definition names, or this machine's where it names none and its FROM
   * depends on that. Empty: whatever the engine is.
   */
  readonly platforms: readonly string[];
  /** The image that reads its Dockerfile (`# syntax=`), as it is written; absent: the builder's own. */
  readonly syntax?: string;
  /** The keys that its Dockerfile's own LABELs set; absent: none. */
  readonly ownLabels?: readonly string[];
  /** The ONBUILD instructions of an image of the trees, as a FROM names it; absent: none has any. */
  readonly onbuildOf?: (written: string) => readonly string[];
  /** Doubts about its definition, all of them; absent: none. */
  readonly warnings?: readonly Diagnostic[];
}

export type EdgeKind = 'from' | 'copy' | 'mount' | 'onbuild';

export interface Edge {
  readonly kind: EdgeKind;
  readonly parent: Reference;
  /** The reference as the Dockerfile has it once arguments are expanded. */
  readonly written: string;
  readonly key: ContextKey;
  /** Looked for when it is asked for: a copy by spreading (`{ ...edge }`) has none. */
  readonly place: Place;
  /** Whether control names the parent. */
  readonly declared: boolean;
  /** The platforms of which the parent is needed; absent: the engine's, or nobody knows. */
  readonly platforms?: readonly string[];
}

export interface ExternalReference {
  readonly kind: EdgeKind;
  readonly written: string;
  readonly key: ContextKey;
  /** A stage of the Dockerfile has the key as its name: a context of that key would replace it. */
  readonly isStage?: boolean;
  /** As in Edge. */
  readonly place: Place;
  /** As in Edge. */
  readonly platforms?: readonly string[];
}

/** An image that has a reference, sound or broken. */
export interface GraphNode {
  readonly reference: Reference;
  readonly parents: readonly Edge[];
  readonly level: number;
  /** Present where it is sound. */
  readonly sound?: ResolvedImage;
  /** Present where it is broken; several directories may have one name. */
  readonly broken?: BrokenNode;
}

/** All images that have a reference, each once, parents before children. */
export function inOrder({ images, broken }: Graph): readonly GraphNode[] {
  const sound = images.map(
    (image): GraphNode => ({
      reference: image.reference,
      parents: image.parents,
      level: image.level,
      sound: image,
    }),
  );
  const others = new Map<Reference, GraphNode>();
  for (const node of broken) {
    const { reference } = node.image;
    if (reference === undefined) {
      continue;
    }
    const first = others.get(reference);
    const parents = [...(first?.parents ?? []), ...node.parents];
    const level = Math.max(first?.level ?? 0, node.level);
    others.set(reference, { reference, parents, level, broken: first?.broken ?? node });
  }
  if (others.size === 0) {
    return sound;
  }
  return [...sound, ...others.values()].sort(
    (a, b) => a.level - b.level || (a.reference < b.reference ? -1 : 1),
  );
}

/** The graph with more images broken: by what was found out after it was made. */
export function withBroken(
  graph: Graph,
  faults: ReadonlyMap<Reference, readonly Diagnostic[]>,
): Graph {
  const failing = graph.images.filter(({ reference }) => faults.has(reference));
  if (failing.length === 0) {
    return graph;
  }
  const images = graph.images.filter(({ reference }) => !faults.has(reference));
  const nodes = failing.map(({ reference, rendered, parents, level, warnings = [] }) => {
    // Those of the definition come with it.
    const own = rendered.definition.warnings ?? [];
    const later = warnings.filter((warning) => !own.includes(warning));
    const found = [...later, ...(faults.get(reference) ?? [])];
    return { image: brokenFrom(rendered.definition, found), parents, level };
  });
  return {
    ...graph,
    images,
    byReference: new Map(images.map((image) => [image.reference, image])),
    broken: [...graph.broken, ...nodes].sort(byLevel),
  };
}

/** By level, and by reference within one; those without a reference last. */
export function byLevel(a: BrokenNode, b: BrokenNode): number {
  const [left, right] = [a.image.reference, b.image.reference];
  if (left === undefined || right === undefined) {
    return Number(left === undefined) - Number(right === undefined);
  }
  return a.level - b.level || (left < right ? -1 : left > right ? 1 : 0);
}

/**
 * The images that are built on a broken one, directly or not, each with the broken reference that is
 * nearest: sound and broken ones alike.
 */
export function descendantsOfBroken(graph: Graph): ReadonlyMap<Reference, Reference> {
  const below = new Map<Reference, Reference>();
  if (graph.broken.length === 0) {
    return below;
  }
  for (const { reference, parents, broken } of inOrder(graph)) {
    for (const { parent } of parents) {
      const root = below.get(parent) ?? (graph.byReference.has(parent) ? undefined : parent);
      if (root !== undefined && root !== reference && !below.has(reference)) {
        below.set(reference, root);
      }
    }
    if (broken !== undefined) {
      below.delete(reference);
    }
  }
  return below;
}
