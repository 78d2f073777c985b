import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { keepNewest } from '#core/files/keepNewest.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { readBytes } from '#core/files/readBytes.js';
import { replaceFile } from '#core/files/writeFile.js';
import type { Digest } from '#core/reference/brands.js';
import { excerptOf } from './excerpt.js';
import type { FileEntry, LayerEntry, LayerListing } from './listing.js';

/**
 * Listings of layers by the digest of the uncompressed layer, which says for ever what is in it: each layer
 * is read once on a machine. Losing one costs time, never truth.
 */
export interface ListingCache {
  /** Every file, without what is kept of its content. */
  get(diffId: Digest): LayerListing | undefined;
  /** As `excerptOf` makes it. */
  excerpt(diffId: Digest): LayerListing | undefined;
  /** Writes both. */
  set(listing: LayerListing): void;
}

/** Another number where they get more to say. */
const formats = { listing: '1', excerpt: 'excerpt-4' } as const;
type Kind = keyof typeof formats;
/** All listings together, in bytes; a Debian base takes half a megabyte. */
const mostBytes = 1024 ** 3;
/** One of them, uncompressed. */
const mostOfOne = 2 * 1024 ** 3;

/** A cache of a file for each layer; one that cannot be read or written is as one that is not there. */
export function listingCache(directory: string): ListingCache {
  const fileOf = (diffId: Digest, kind: Kind) =>
    join(directory, `${diffId.replace(/^sha256:/, '')}.${formats[kind]}.json.gz`);
  const read = (diffId: Digest, kind: Kind): LayerListing | undefined => {
    try {
      const file = readBytes(fileOf(diffId, kind));
      const bytes = gunzipSync(file, { maxOutputLength: mostOfOne });
      return listingIn(JSON.parse(bytes.toString('utf8')), diffId);
    } catch {
      return undefined;
    }
  };
  const write = (listing: LayerListing, kind: Kind) => {
    const text = JSON.stringify({ ...listing, entries: [...listing.entries].map(written[kind]) });
    replaceFile(fileOf(listing.diffId, kind), gzipSync(text, { level: 4 }), 0o600);
  };
  return {
    get: (diffId) => read(diffId, 'listing'),
    excerpt: (diffId) => read(diffId, 'excerpt'),
    set(listing) {
      try {
        makeDirectory(directory);
        write(listing, 'listing');
        write(excerptOf(listing), 'excerpt');
        keepNewest(directory, mostBytes);
      } catch {
        // It only saves work.
      }
    },
  };
}

type Written = readonly [path: string, entry: object];

const written: Readonly<Record<Kind, (entry: readonly [string, LayerEntry]) => Written>> = {
  listing: ([path, entry]) => [path, entry.type === 'file' ? withoutContent(entry) : entry],
  excerpt: ([path, entry]) => [
    path,
    entry.type !== 'file' || entry.kept === undefined
      ? entry
      : { ...entry, kept: Buffer.from(entry.kept).toString('base64') },
  ],
};

function withoutContent({ kept: _, ...entry }: FileEntry): FileEntry {
  return entry;
}

const owned = { mode: 'number', uid: 'number', gid: 'number' } as const;

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
  return { diffId, bytes, entries: new Map(entries.map(readEntry)), removed, opaque };
}

function readEntry([path, entry]: [string, LayerEntry]): [string, LayerEntry] {
  const kept: unknown = Reflect.get(entry, 'kept');
  return entry.type === 'file' && typeof kept === 'string'
    ? [path, { ...entry, kept: Buffer.from(kept, 'base64') }]
    : [path, entry];
}

/** What each type of entry has. `kept` is still text. */
const shapes: Readonly<Record<string, Readonly<Record<string, 'number' | 'string'>>>> = {
  file: { ...owned, size: 'number', content: 'string' },
  directory: owned,
  fifo: owned,
  symlink: { ...owned, target: 'string' },
  'character-device': { ...owned, target: 'string' },
  'block-device': { ...owned, target: 'string' },
  link: { target: 'string' },
};

function isEntry(value: unknown): value is [string, LayerEntry] {
  if (!Array.isArray(value) || typeof value[0] !== 'string') {
    return false;
  }
  const entry: unknown = value[1];
  if (typeof entry !== 'object' || entry === null) {
    return false;
  }
  const type: unknown = Reflect.get(entry, 'type');
  const shape = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  return (
    shape !== undefined &&
    Object.entries(shape).every(([key, kind]) => typeof Reflect.get(entry, key) === kind) &&
    ['string', 'undefined'].includes(typeof Reflect.get(entry, 'kept')) &&
    isTexts(Reflect.get(entry, 'owns') ?? []) &&
    isPackages(Reflect.get(entry, 'packages') ?? [])
  );
}

function isPackages(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (each: unknown) =>
        typeof each === 'object' &&
        each !== null &&
        ['name', 'version', 'architecture'].every(
          (key) => typeof Reflect.get(each, key) === 'string',
        ),
    )
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
