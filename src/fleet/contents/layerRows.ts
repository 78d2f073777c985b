import type { Digest } from '#core/reference/brands.js';
import type { Listings, OpenedImage } from './openedImage.js';

/** A layer of one image beside the one of the other at the same height. */
export interface LayerRow {
  readonly isSame: boolean;
  /** Absent: the image has fewer layers. */
  readonly from?: LayerSize;
  readonly to?: LayerSize;
}

export interface LayerSize {
  readonly diffId: Digest;
  /** In the registry, in bytes; absent where the image is not of one. */
  readonly compressed?: number;
  /** As a tar archive, in bytes; absent where the layer was not read. */
  readonly unpacked?: number;
}

/** What all layers of an image have together; a sum is absent where a layer's size is not known. */
export interface TotalSize {
  readonly compressed?: number;
  readonly unpacked?: number;
}

export function layerRows(from: OpenedImage, to: OpenedImage, listings: Listings): LayerRow[] {
  const left = layerSizes(from, listings);
  const right = layerSizes(to, listings);
  const height = Math.max(left.length, right.length);
  return Array.from({ length: height }, (_, at) => {
    const before = left[at];
    const after = right[at];
    return {
      isSame: before?.diffId === after?.diffId,
      ...(before === undefined ? {} : { from: before }),
      ...(after === undefined ? {} : { to: after }),
    };
  });
}

export function totalSize(image: OpenedImage, listings: Listings): TotalSize {
  const sizes = layerSizes(image, listings);
  const compressed = sum(sizes.map((size) => size.compressed));
  const unpacked = sum(sizes.map((size) => size.unpacked));
  return {
    ...(compressed === undefined ? {} : { compressed }),
    ...(unpacked === undefined ? {} : { unpacked }),
  };
}

function layerSizes({ settings, compressed }: OpenedImage, listings: Listings): LayerSize[] {
  const known = listings.of(settings.diffIds);
  return settings.diffIds.map((diffId, at) => {
    const stored = compressed?.[at];
    const unpacked = known.get(diffId)?.bytes;
    return {
      diffId,
      ...(stored === undefined ? {} : { compressed: stored }),
      ...(unpacked === undefined ? {} : { unpacked }),
    };
  });
}

function sum(sizes: readonly (number | undefined)[]): number | undefined {
  return sizes.reduce<number | undefined>(
    (total, size) => (total === undefined || size === undefined ? undefined : total + size),
    0,
  );
}
