import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { keepNewest } from '#core/files/keepNewest.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { readBytes } from '#core/files/readBytes.js';
import { replaceFile } from '#core/files/writeFile.js';
import type { Digest } from '#core/reference/brands.js';
import type { LayerEntry, LayerListing } from './listing.js';

/**
 * Listings of layers by the digest of the uncompressed layer, which says for ever what is in it: each layer
 * is read once on a machine. Losing one costs time, never truth.
 */
export interface ListingCache {
  get(diffId: Digest): LayerListing | undefined;
  set(listing: LayerListing): void;
}

/** Another number where listings get more to say. */
const format = 1;
/** All listings together, in bytes; a Debian base takes half a megabyte. */
const mostBytes = 1024 ** 3;
/** One of them, uncompressed. */
const mostOfOne = 2 * 1024 ** 3;

/** A cache of a file for each layer; one that cannot be read or written is as one that is not there. */
export function listingCache(directory: string): ListingCache {
  const fileOf = (diffId: Digest) =>
    join(directory, `${diffId.replace(/^sha256:/, '')}.${format}.json.gz`);
  return {
    get(diffId) {
      try {
        const bytes = gunzipSync(readBytes(fileOf(diffId)), { maxOutputLength: mostOfOne });
        return listingIn(JSON.parse(bytes.toString('utf8')), diffId);
      } catch {
        return undefined;
      }
    },
    set(listing) {
      try {
        makeDirectory(directory);
        const text = JSON.stringify({ ...listing, entries: [...listing.entries] });
        replaceFile(fileOf(listing.diffId), gzipSync(text, { level: 4 }), 0o600);
        keepNewest(directory, mostBytes);
      } catch {
        // It only saves work.
      }
    },
  };
}

/** What another program, or a disk, made of the file must not become a file of an image. */
function listingIn(content: unknown, diffId: Digest): LayerListing | undefined {
  if (typeof content !== 'object' || content === null) {
    return undefined;
  }
  const { bytes, entries, removed, opaque, diffId: named } = content as Record<string, unknown>;
  if (named !== diffId || typeof bytes !== 'number' || !isTexts(removed) || !isTexts(opaque)) {
    return undefined;
  }
  if (!Array.isArray(entries) || !entries.every(isEntry)) {
    return undefined;
  }
  return { diffId, bytes, entries: new Map(entries), removed, opaque };
}

function isEntry(value: unknown): value is [string, LayerEntry] {
  if (!Array.isArray(value) || typeof value[0] !== 'string') {
    return false;
  }
  const entry: unknown = value[1];
  return (
    typeof entry === 'object' && entry !== null && typeof Reflect.get(entry, 'type') === 'string'
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
