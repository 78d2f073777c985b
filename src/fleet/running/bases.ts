import type { ConfigCache } from '#adapters/registry/configCache.js';
import { platformLayers } from '#adapters/registry/platformLayers.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { Registry } from '#adapters/registry/registry.js';
import { askState } from '#adapters/registry/state.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import type { OpenedRegistries } from '../openedRegistries.js';
import type { TreeImage } from '../references/names.js';
import { isBuiltOn } from '../status/builtOn.js';
import type { OtherFacts } from './judge.js';
import { isIndex } from './sameImage.js';
import type { Tags } from './tags.js';
import { behindOf, versionsIn } from './versions.js';

/** Of an image, for each of its platforms: digests of the uncompressed layers, lowest first. */
type Layers = readonly (readonly Digest[])[];

export interface LayeredImage {
  readonly layers: Layers;
  readonly labels: ReadonlyMap<string, string>;
}

/** So many of the newest versions of each image are compared. */
const mostVersions = 20;
/** So many requests at the same time. */
const atOnce = 8;

/** A published version of an image of the trees. */
interface Built {
  readonly image: TreeImage;
  readonly version: string;
  readonly layers: Layers;
}

/** What a published image is made of; a clause where that is not known. */
export async function layeredImage(
  registry: Registry,
  repository: Repository,
  reference: string,
  cache: ConfigCache,
): Promise<LayeredImage | 'absent' | { readonly reason: string }> {
  const state = await askState(registry, repository, reference, { cache });
  if (state.kind !== 'published') {
    return state.kind === 'unknown' ? { reason: state.reason } : 'absent';
  }
  if (!state.config.known) {
    return { reason: state.config.reason };
  }
  const { labels, layers } = state.config.value;
  if (!isIndex.test(state.mediaType)) {
    return { layers: [layers], labels };
  }
  const all = await platformLayers(registry, repository, state.digest);
  return all.ok ? { layers: all.value, labels } : registry.explain(all.fault);
}

/** Finds the published version of an image of the trees that another image is built on, by layers. */
export class Bases {
  readonly #images: readonly TreeImage[];
  readonly #registries: OpenedRegistries;
  readonly #tags: Tags;
  readonly #cache: ConfigCache;
  readonly #onAsked: (done: number, of: number) => void;
  #all: Promise<{ readonly built: readonly Built[]; readonly missing?: string }> | undefined;

  constructor(options: {
    readonly images: readonly TreeImage[];
    readonly registries: OpenedRegistries;
    readonly tags: Tags;
    readonly cache: ConfigCache;
    /** Hears of how many images the versions are known. */
    readonly onAsked: (done: number, of: number) => void;
  }) {
    this.#images = options.images;
    this.#registries = options.registries;
    this.#tags = options.tags;
    this.#cache = options.cache;
    this.#onAsked = options.onAsked;
  }

  async of(child: LayeredImage): Promise<OtherFacts['base']> {
    // What is built on an image has its labels, where it does not set others.
    const labelled = await this.#byLabels(child);
    if (labelled !== undefined) {
      return this.#found(labelled);
    }
    this.#all ??= this.#askAll();
    const { built, missing } = await this.#all;
    const base = deepest(child.layers, built);
    if (base !== undefined) {
      return this.#found(base);
    }
    return missing === undefined ? { kind: 'none' } : { kind: 'unknown', reason: missing };
  }

  async #byLabels({ labels, layers }: LayeredImage): Promise<Built | undefined> {
    const name = labels.get('org.opencontainers.image.title');
    const version = labels.get('org.opencontainers.image.version');
    if (!name || !version || version.length > 128) {
      return undefined;
    }
    const images = this.#images.filter(({ definition }) => definition?.name === name);
    const built: Built[] = [];
    for (const image of images) {
      const one = await this.#builtOf(image, version);
      built.push(...(one !== undefined && 'layers' in one ? [one] : []));
    }
    return deepest(layers, built);
  }

  async #found({ image, version }: Built): Promise<OtherFacts['base']> {
    const tags = await this.#tags.of(image);
    if ('reason' in tags) {
      return { kind: 'unknown', reason: tags.reason, hasFailed: true };
    }
    const behind = behindOf(image, version, tags);
    return { kind: 'on', image, version, ...(behind === undefined ? {} : { behind }) };
  }

  /** Every version of every image that is compared. */
  async #askAll(): Promise<{ readonly built: readonly Built[]; readonly missing?: string }> {
    let missing: string | undefined;
    let done = 0;
    const all = await eachOf(this.#images, atOnce, async (image): Promise<Built[]> => {
      const tags = this.#registries.of(image.tree) === undefined ? [] : await this.#tags.of(image);
      const built: Built[] = [];
      if ('reason' in tags) {
        missing ??= tags.reason;
      } else {
        const versions = versionsIn(image, tags);
        if (versions.length > mostVersions) {
          missing ??= `it is not built on one of the ${mostVersions} newest versions of these images; older ones were not compared`;
        }
        for (const version of versions.slice(0, mostVersions)) {
          const one = await this.#builtOf(image, version);
          if (one !== undefined && 'reason' in one) {
            missing ??= one.reason;
          } else if (one !== undefined) {
            built.push(one);
          }
        }
      }
      this.#onAsked(++done, this.#images.length);
      return built;
    });
    return { built: all.flat(), ...(missing === undefined ? {} : { missing }) };
  }

  async #builtOf(
    image: TreeImage,
    version: string,
  ): Promise<Built | { readonly reason: string } | undefined> {
    const registry = this.#registries.of(image.tree);
    const found =
      registry && (await layeredImage(registry, image.repository, version, this.#cache));
    if (found === undefined || found === 'absent') {
      return undefined;
    }
    return 'reason' in found ? found : { image, version, layers: found.layers };
  }
}

/** Of those that a child is built on, the one with most layers; of the same layers the last one. */
function deepest(child: Layers, built: readonly Built[]): Built | undefined {
  let best: { readonly one: Built; readonly depth: number } | undefined;
  for (const one of built) {
    const depth = Math.max(
      0,
      ...one.layers
        .filter((layers) => child.some((of) => isBuiltOn({ layers: of }, { layers })))
        .map((layers) => layers.length),
    );
    if (depth > 0 && depth >= (best?.depth ?? 0)) {
      best = { one, depth };
    }
  }
  return best?.one;
}
