import type { LocalImage } from '#adapters/docker/images.js';
import type { ImageConfig } from '#adapters/registry/imageConfig.js';
import type { RegistryState } from '#adapters/registry/state.js';
import type { Graph, GraphNode } from '#compiler/resolve/graph.js';
import type { Digest, Reference } from '#core/reference/brands.js';

/** An image that was built, as far as a registry or an engine tells of it. */
export interface Built {
  readonly of: 'published' | 'local';
  /** RFC 3339, as the builder wrote it. */
  readonly created?: string;
  /** The uncompressed layers, lowest first. */
  readonly layers: readonly Digest[];
  /** Of each layer, in bytes, as they are compressed in the registry. */
  readonly sizes?: readonly number[];
  /** In bytes, unpacked on the engine. */
  readonly total?: number;
}

/** How large an image is, in bytes. */
interface ImageSize {
  /** `published`: its layers as they are compressed in the registry; `local`: unpacked on the engine. */
  readonly of: Built['of'];
  readonly total: number;
  /** Without the layers that it has from its base, where that is an image of the trees; absent: not known. */
  readonly own?: number;
}

export interface BuiltFacts {
  /** RFC 3339. */
  readonly lastBuilt?: string;
  readonly size?: ImageSize;
}

export function publishedBuilt({ created, layers, sizes }: ImageConfig): Built {
  return {
    of: 'published',
    layers,
    ...(created === undefined ? {} : { created }),
    ...(sizes === undefined ? {} : { sizes }),
  };
}

/** The published image, else that of the engine. */
export function builtIn({
  facts,
  local,
}: {
  readonly facts: ReadonlyMap<Reference, { readonly registry: RegistryState }>;
  readonly local: ReadonlyMap<string, LocalImage>;
}): (reference: Reference) => Built | undefined {
  return (reference) => {
    const registry = facts.get(reference)?.registry;
    if (registry?.kind === 'published') {
      return registry.config.known ? publishedBuilt(registry.config.value) : undefined;
    }
    const image = local.get(reference);
    return (
      image && {
        of: 'local',
        layers: image.layers,
        total: image.sizeBytes,
        ...(image.created === '' ? {} : { created: image.created }),
      }
    );
  };
}

/** @param builtOf what is known of an image of the graph; the same of its base */
export function builtFacts(
  { byReference }: Graph,
  { reference, sound }: Pick<GraphNode, 'reference' | 'sound'>,
  builtOf: (reference: Reference) => Built | undefined,
): BuiltFacts {
  const built = builtOf(reference);
  if (built === undefined) {
    return {};
  }
  const base = sound?.base as Reference | undefined;
  const isOfTrees = base !== undefined && byReference.has(base);
  const below = isOfTrees ? builtOf(base) : undefined;
  const size = sizeOf(built, below, sound !== undefined && !isOfTrees);
  const lastBuilt = momentOf(built.created);
  return {
    ...(lastBuilt === undefined ? {} : { lastBuilt }),
    ...(size === undefined ? {} : { size }),
  };
}

function sizeOf(built: Built, below: Built | undefined, isAllOwn: boolean): ImageSize | undefined {
  const { of, layers, sizes } = built;
  if (of === 'local') {
    const { total } = built;
    if (total === undefined) {
      return undefined;
    }
    // Unpacked layers have no size of their own there.
    const isOnBelow = below?.layers.every((layer, at) => layers[at] === layer) === true;
    const shared = below?.of === 'local' && isOnBelow ? below.total : undefined;
    const own = isAllOwn ? total : shared === undefined ? undefined : Math.max(0, total - shared);
    return { of, total, ...(own === undefined ? {} : { own }) };
  }
  if (sizes === undefined || sizes.length !== layers.length) {
    return undefined;
  }
  const total = sum(sizes);
  if (isAllOwn) {
    return { of, total, own: total };
  }
  if (below === undefined) {
    return { of, total };
  }
  const different = layers.findIndex((layer, at) => layer !== below.layers[at]);
  const own = different === -1 ? 0 : sum(sizes.slice(different));
  return { of, total, own };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}

/** Builders that make the same bytes again write a moment that says nothing: 1970, or the year 1. */
function momentOf(created: string | undefined): string | undefined {
  const time = created === undefined ? Number.NaN : Date.parse(created);
  return time > 86_400_000 ? new Date(time).toISOString() : undefined;
}
