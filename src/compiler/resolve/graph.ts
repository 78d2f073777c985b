import type { Place } from '#core/diagnostics/diagnostic.js';
import type { ContextKey, Reference } from '#core/reference/brands.js';
import type { RenderedImage } from '../render/rendered.js';

/** The images with the links that their rendered Dockerfiles really make, parents first. */
export interface Graph {
  /** Parents before children; ties by reference. */
  readonly images: readonly ResolvedImage[];
  readonly byReference: ReadonlyMap<Reference, ResolvedImage>;
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
