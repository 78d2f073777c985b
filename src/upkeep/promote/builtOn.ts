import type { ImageConfig } from '#adapters/registry/imageConfig.js';
import type { RegistryState } from '#adapters/registry/state.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Digest, Reference } from '#core/reference/brands.js';

/** A published image that holds the one that is taken back. */
export interface BuiltOn {
  readonly reference: Reference;
  readonly how: /** Its layers begin with those of the image, or its base label names its digest. */
    | 'stands-on-it'
    /** Its Dockerfile takes files from the image or is built on one that does; which version
     * they are of cannot be read from the registry. */
    | 'may-hold-files-of-it';
}

const baseDigestLabel = 'org.opencontainers.image.base.digest';

/** Every image of the graph that is built on an image of this repository, directly or not. */
export function descendants(graph: Graph, image: Reference): readonly ResolvedImage[] {
  const found = new Set<Reference>([image]);
  return graph.images.filter(({ reference, parents }) => {
    if (!parents.some((edge) => found.has(edge.parent))) {
      return false;
    }
    found.add(reference);
    return true;
  });
}

/**
 * Which of the descendants' published versions were built on the image with this digest and
 * configuration. Layers decide where an image starts from it; for files that are copied out of it
 * there is no trace.
 */
export function builtOn(
  old: { readonly digest: Digest; readonly config: ImageConfig | undefined },
  candidates: readonly { readonly image: ResolvedImage; readonly state: RegistryState }[],
  graph: Graph,
  root: Reference,
): readonly BuiltOn[] {
  const startsFrom = startingFrom(graph, root);
  return candidates.flatMap(({ image: { reference }, state }): BuiltOn[] => {
    if (state.kind !== 'published' || !state.config.known) {
      return [];
    }
    const { labels, layers } = state.config.value;
    const below = old.config?.layers ?? [];
    const stands =
      labels.get(baseDigestLabel) === old.digest ||
      (below.length > 0 && below.every((layer, at) => layers[at] === layer));
    if (stands) {
      return [{ reference, how: 'stands-on-it' }];
    }
    return startsFrom.has(reference) ? [] : [{ reference, how: 'may-hold-files-of-it' }];
  });
}

/** The image and all whose final stages start from it, directly or not. */
function startingFrom(graph: Graph, root: Reference): ReadonlySet<Reference> {
  const found = new Set([root]);
  for (const { reference, base } of graph.images) {
    if (found.has(base as Reference)) {
      found.add(reference);
    }
  }
  return found;
}
