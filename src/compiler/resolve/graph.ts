import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import type { ContextKey, Reference } from '#core/reference/brands.js';
import type { BrokenImage } from '../definitions/broken.js';
import type { RenderedImage } from '../render/rendered.js';

/** The images with the links that their rendered Dockerfiles really make, parents first. */
export interface Graph {
  /** The sound ones: parents before children; ties by reference. Parents may be broken. */
  readonly images: readonly ResolvedImage[];
  /** Of the sound ones. */
  readonly byReference: ReadonlyMap<Reference, ResolvedImage>;
  /** In the same order, those without a reference last. */
  readonly broken: readonly BrokenNode[];
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
  /** 0 for an image without parents in the trees, else one more than its highest parent. */
  readonly level: number;
  /**
   * What the final stage starts from once stages are followed: an image of the trees, an external
   * reference, or `scratch`.
   */
  readonly base: string;
  /** True where the image can have no layer at all: only metadata instructions on scratch. */
  readonly withoutLayers: boolean;
  /** The keys that its Dockerfile's own LABELs set; absent: none. */
  readonly ownLabels?: readonly string[];
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
}

export interface ExternalReference {
  readonly kind: EdgeKind;
  readonly written: string;
  readonly key: ContextKey;
  /** As in Edge. */
  readonly place: Place;
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
