import type { ListingCache } from '#adapters/layers/listingCache.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { Digest } from '#core/reference/brands.js';
import { ImpossibleImage } from '../contents/fileTree.js';
import { Listings, type OpenedImage, type OpeningFailure } from '../contents/openedImage.js';
import { platformIn } from '../contents/settings.js';
import { type Inventory, inventoryOf } from './inventory.js';

/** An image of which an inventory is wanted. */
export interface InventorySource<K> {
  readonly key: K;
  readonly open: () => Promise<OpenedImage | OpeningFailure>;
  /** Whether its layers are to be read at all; absent: they are. */
  readonly isWanted?: (image: OpenedImage) => boolean;
}

export type InventoryReading =
  | { readonly kind: 'read'; readonly image: OpenedImage; readonly inventory: Inventory }
  /** It was opened, and is not wanted. */
  | { readonly kind: 'left-out' }
  | { readonly kind: 'failed'; readonly failure: OpeningFailure };

/** So many images are asked for, and so many are read, at the same time. */
const atOnce = { opened: 8, read: 3 };

/**
 * Reads the inventories of images, each layer once: of images that have the same layer the first one reads it,
 * and the others only if that failed. Images of the engine are read one after the other.
 */
export async function readInventories<K>(
  sources: readonly InventorySource<K>[],
  cache: ListingCache,
): Promise<ReadonlyMap<K, InventoryReading>> {
  const listings = new Listings(cache, 'excerpts');
  const readings = new Map<K, InventoryReading>();
  const opened: { readonly key: K; readonly image: OpenedImage }[] = [];
  await eachOf(sources, atOnce.opened, async ({ key, open, isWanted }) => {
    const image = await open();
    if ('reason' in image) {
      readings.set(key, { kind: 'failed', failure: image });
    } else if (isWanted?.(image) === false) {
      readings.set(key, { kind: 'left-out' });
    } else {
      opened.push({ key, image });
    }
  });
  const failures = await readLayers(
    opened.map(({ image }) => image),
    listings,
  );
  for (const { key, image } of opened) {
    const failure = failures.get(image);
    readings.set(key, failure === undefined ? made(image, listings) : { kind: 'failed', failure });
  }
  return new Map(sources.map(({ key }) => [key, readings.get(key) ?? { kind: 'left-out' }]));
}

/** Every layer that is missing is read by one image; then each image looks for what others did not bring. */
async function readLayers(
  images: readonly OpenedImage[],
  listings: Listings,
): Promise<ReadonlyMap<OpenedImage, OpeningFailure>> {
  const failures = new Map<OpenedImage, OpeningFailure>();
  /** Layers that cannot be read, whoever asks. */
  const unreadable = new Map<Digest, OpeningFailure>();
  const claimed = new Set<Digest>();
  const read = async (image: OpenedImage, wanted: readonly Digest[]) => {
    const failure = await listed(image, wanted, listings);
    if (failure?.layer !== undefined) {
      unreadable.set(failure.layer, failure);
    }
    return failure;
  };
  const [local, remote] = [isLocal, (image: OpenedImage) => !isLocal(image)].map((which) =>
    images.filter(which),
  );
  // What the engine has need not come over the network.
  for (const [group = [], limit] of [
    [local, 1],
    [remote, atOnce.read],
  ] as const) {
    await eachOf(group, limit, async (image) => {
      const { diffIds } = image.settings;
      const wanted = diffIds.filter((diffId) => !claimed.has(diffId) && !listings.has(diffId));
      for (const diffId of wanted) {
        claimed.add(diffId);
      }
      await read(image, wanted);
    });
  }
  await eachOf(images, atOnce.read, async (image) => {
    const missing = image.settings.diffIds.filter((diffId) => !listings.has(diffId));
    const known = missing.map((diffId) => unreadable.get(diffId)).find(Boolean);
    const failure = known ?? (missing.length === 0 ? undefined : await read(image, missing));
    if (failure !== undefined) {
      failures.set(image, failure);
    }
  });
  return failures;
}

function isLocal({ origin }: OpenedImage): boolean {
  return origin === 'engine';
}

async function listed(
  image: OpenedImage,
  wanted: readonly Digest[],
  listings: Listings,
): Promise<OpeningFailure | undefined> {
  try {
    return wanted.length === 0 ? undefined : await image.list(wanted, listings);
  } catch (cause) {
    return impossible(image, cause);
  }
}

function made(image: OpenedImage, listings: Listings): InventoryReading {
  const { diffIds } = image.settings;
  const layers = diffIds.flatMap((diffId) => listings.get(diffId) ?? []);
  try {
    const inventory = inventoryOf(layers, platformIn(image.settings) ?? '');
    return { kind: 'read', image, inventory };
  } catch (cause) {
    return { kind: 'failed', failure: impossible(image, cause) };
  }
}

function impossible({ shown }: OpenedImage, cause: unknown): OpeningFailure {
  if (cause instanceof ImpossibleImage) {
    return { kind: 'unreadable', reason: `${shown} cannot be read: ${cause.message}` };
  }
  throw cause;
}
