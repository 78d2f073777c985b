import type { ListingCache } from '#adapters/layers/listingCache.js';
import type { Repository } from '#core/reference/brands.js';
import type { OpeningFailure, Progress } from '../contents/openedImage.js';
import { openPublished } from '../contents/openPublished.js';
import type { ImageInventory } from '../inventory/askInventories.js';
import { type InventorySource, readInventories } from '../inventory/readInventories.js';
import type { OpenedRegistries } from '../openedRegistries.js';
import type { RunningImage } from './images.js';

export interface InventoriesRequest {
  readonly registries: OpenedRegistries;
  readonly platform: { readonly name: string; readonly isRequired: boolean };
  readonly cache: ListingCache;
  readonly progress: Progress;
}

/** What the packages of an image that runs are read from. */
export interface RunningInventory {
  readonly image: RunningImage;
  readonly found: Exclude<ImageInventory['found'], { kind: 'absent' }>;
}

/**
 * Reads the inventories of what runs, by digest, from the registries that may be asked; images of others are left out.
 * Where nobody says what runs it is what the tag is at.
 */
export async function runningInventories(
  images: readonly RunningImage[],
  { registries, platform, cache, progress }: InventoriesRequest,
): Promise<readonly RunningInventory[]> {
  const sources = images.flatMap((image): InventorySource<RunningImage>[] => {
    const repository = repositoryOf(image);
    const registry = repository && registries.at(repository);
    if (repository === undefined || registry === undefined) {
      return [];
    }
    const { tag = 'latest', running, shown } = image;
    if (running?.kind === 'any') {
      const failure: OpeningFailure = {
        kind: 'unreadable',
        reason: `${shown} runs by the ID of an image, which a registry does not find`,
      };
      return [{ key: image, open: () => Promise.resolve(failure) }];
    }
    const reference = running?.digest ?? tag;
    return [
      {
        key: image,
        open: () => openPublished({ registry, repository, reference, shown, platform, progress }),
      },
    ];
  });
  const readings = await readInventories(sources, cache);
  return [...readings].flatMap(([image, found]) =>
    found.kind === 'left-out' ? [] : [{ image, found }],
  );
}

function repositoryOf({ about }: RunningImage): Repository | undefined {
  switch (about.kind) {
    case 'own':
      return about.image.repository;
    case 'asked':
      return about.repository;
    default:
      return undefined;
  }
}
