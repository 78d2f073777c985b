import { excerptOf } from '#adapters/layers/excerpt.js';
import type { LayerListing } from '#adapters/layers/listing.js';
import type { ListingCache } from '#adapters/layers/listingCache.js';
import type { Digest } from '#core/reference/brands.js';
import { ImpossibleImage } from './fileTree.js';
import type { ImageSettings } from './settings.js';

/** An image whose configuration is known, and whose layers can be listed. */
export interface OpenedImage {
  /** As a person would name it. */
  readonly shown: string;
  readonly origin: 'registry' | 'engine' | 'file';
  /** Of the manifest in the registry, or the engine's ID. */
  readonly digest?: Digest;
  readonly settings: ImageSettings;
  /** What each layer has in the registry, in bytes; absent where it is not of one. */
  readonly compressed?: readonly number[];
  /** Of an index: its images of other platforms, with their manifests. */
  readonly others?: ReadonlyMap<string, Digest>;
  /** Puts the listings of these layers into `listings`; undefined: they are there. */
  readonly list: (
    wanted: readonly Digest[],
    listings: Listings,
  ) => Promise<OpeningFailure | undefined>;
}

export interface OpeningFailure {
  readonly kind: /** There is no such image. */
    | 'absent'
    /** A registry or the engine gave no answer that says more. */
    | 'unknown'
    /** It cannot be read, whoever is asked again. */
    | 'unreadable'
    | 'cancelled';
  readonly reason: string;
  readonly hint?: string;
  /** It is published, and not for this platform; `hint` says for which it is. */
  readonly lacks?: string;
  /** It is the engine that gave no answer. */
  readonly isEngine?: true;
  /** The layer that cannot be read, of whichever image. */
  readonly layer?: Digest;
}

/** The platforms of which one of two images has another manifest than the other, beside the one that is compared. */
export function notCompared(
  { others: from = new Map() }: Pick<OpenedImage, 'others'>,
  { others: to = new Map() }: Pick<OpenedImage, 'others'>,
): readonly string[] {
  const platforms = new Set([...from.keys(), ...to.keys()]);
  return [...platforms].filter((platform) => from.get(platform) !== to.get(platform)).sort();
}

/** Hears of each part of a layer that has come. `total` is undefined where nobody says how much it is. */
export type Progress = (layer: string, bytes: number, total: number | undefined) => void;

/** In all layers that a run looks at: about a gigabyte of memory. */
const mostEntries = 2_000_000;

/** The listings of one run, or excerpts of them where that is all it looks at, with what earlier ones found. */
export class Listings {
  readonly #known = new Map<Digest, LayerListing>();
  readonly #cache: ListingCache;
  readonly #kind: 'whole' | 'excerpts';
  #entries = 0;

  constructor(cache: ListingCache, kind: 'whole' | 'excerpts' = 'whole') {
    this.#cache = cache;
    this.#kind = kind;
  }

  has(diffId: Digest): boolean {
    return this.get(diffId) !== undefined;
  }

  /** Throws `ImpossibleImage` where the layers have too many files together. */
  get(diffId: Digest): LayerListing | undefined {
    const known = this.#known.get(diffId);
    if (known !== undefined) {
      return known;
    }
    const cached = this.#kind === 'whole' ? this.#cache.get(diffId) : this.#cache.excerpt(diffId);
    if (cached !== undefined) {
      this.#keep(cached);
    }
    return cached;
  }

  /** Throws as `get` does. */
  add(listing: LayerListing): void {
    this.#keep(this.#kind === 'whole' ? listing : excerptOf(listing));
    this.#cache.set(listing);
  }

  #keep(listing: LayerListing): void {
    this.#known.set(listing.diffId, listing);
    this.#entries += listing.entries.size + listing.removed.length;
    if (this.#entries > mostEntries) {
      throw new ImpossibleImage(`their layers have more than ${mostEntries} files`);
    }
  }

  /** Those of these layers that are known. */
  of(diffIds: readonly Digest[]): ReadonlyMap<Digest, LayerListing> {
    return new Map(
      diffIds.flatMap((diffId) => {
        const listing = this.#known.get(diffId);
        return listing === undefined ? [] : [[diffId, listing] as const];
      }),
    );
  }
}
