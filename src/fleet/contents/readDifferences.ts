import type { Digest } from '#core/reference/brands.js';
import { compare, type Differences, sharedLayers } from './compare.js';
import type { Listings, OpenedImage, OpeningFailure } from './openedImage.js';

/**
 * Compares two opened images. Each layer is read once, of whichever image has it; those that both have at
 * the bottom only where the others leave something open. Throws `ImpossibleImage`.
 */
export async function readDifferences(
  from: OpenedImage,
  to: OpenedImage,
  listings: Listings,
): Promise<Differences | OpeningFailure> {
  const shared = sharedLayers(from.settings, to.settings);
  const upper = await listAll(from, to, shared, listings);
  if (upper !== undefined) {
    return upper;
  }
  const contents = (image: OpenedImage) => ({
    settings: image.settings,
    listings: listings.of(image.settings.diffIds),
  });
  const found = compare(contents(from), contents(to));
  if (found !== undefined) {
    return found;
  }
  const lower = await listAll(from, to, 0, listings);
  return lower ?? compare(contents(from), contents(to)) ?? unclear;
}

const unclear: OpeningFailure = { kind: 'unreadable', reason: 'not all layers could be read' };

/** What is read in one go comes first, since it brings layers that the other may have too. */
async function listAll(
  from: OpenedImage,
  to: OpenedImage,
  skipped: number,
  listings: Listings,
): Promise<OpeningFailure | undefined> {
  for (const image of [from, to].sort((a, b) => rank(a) - rank(b))) {
    const { diffIds } = image.settings;
    const wanted: readonly Digest[] =
      image.origin === 'registry' ? diffIds.slice(skipped) : diffIds;
    const failure = await image.list(wanted, listings);
    if (failure !== undefined) {
      return failure;
    }
  }
  return undefined;
}

function rank({ origin }: OpenedImage): number {
  return origin === 'registry' ? 1 : 0;
}
