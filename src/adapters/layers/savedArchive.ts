import type { Digest } from '#core/reference/brands.js';
import { decompressed } from './decompress.js';
import type { LayerListing } from './listing.js';
import { listLayer } from './listLayer.js';
import { readTar } from './tar.js';
import { UnreadableLayer } from './unreadable.js';

/** What there is in an archive of `docker save`. */
export interface SavedArchive {
  /** Its JSON files, by name: `manifest.json` among them. */
  readonly documents: ReadonlyMap<string, unknown>;
  /** What could be listed as a layer, by its digest. */
  readonly layers: ReadonlyMap<Digest, LayerListing>;
  /** Why others of its files are not layers, by name. */
  readonly unreadable: ReadonlyMap<string, string>;
}

export type ArchiveReading =
  | { readonly kind: 'read'; readonly archive: SavedArchive }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** JSON files are small: a configuration has at most some megabytes. */
const mostJson = 16 * 1024 * 1024;
const mostFiles = 10_000;

/**
 * Reads what `docker save` writes, in any of its forms and perhaps compressed, in one go: which of its files
 * are layers its last one says. Layers whose digest is their name are left out where `isKnown`. What
 * `source` throws is thrown.
 */
export async function readSaved(
  source: AsyncIterable<Uint8Array>,
  isKnown: (diffId: Digest) => boolean,
): Promise<ArchiveReading> {
  const documents = new Map<string, unknown>();
  const layers = new Map<Digest, LayerListing>();
  const unreadable = new Map<string, string>();
  let jsonLeft = 8 * mostJson;
  let files = 0;
  try {
    await readTar(decompressed(source), async ({ name, type, size }, content) => {
      files++;
      if (files > mostFiles) {
        throw new UnreadableLayer('it has too many files');
      }
      const path = name.replace(/^\.\//, '');
      const named = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(path)?.[1];
      if (type !== 'file' || size === 0 || isKnown(`sha256:${named}` as Digest)) {
        return;
      }
      const first = await peeked(content);
      if (first.isJson && size <= mostJson && size <= jsonLeft) {
        jsonLeft -= size;
        documents.set(path, await jsonOf(first.content));
        return;
      }
      const reading = await listLayer(first.content);
      if (reading.kind === 'read') {
        layers.set(reading.listing.diffId, reading.listing);
      } else {
        unreadable.set(path, reading.reason);
      }
    });
  } catch (cause) {
    if (cause instanceof UnreadableLayer) {
      return { kind: 'unreadable', reason: cause.message };
    }
    throw cause;
  }
  return { kind: 'read', archive: { documents, layers, unreadable } };
}

/** The same content, and whether it begins as a JSON document does. */
async function peeked(content: AsyncIterable<Uint8Array>): Promise<{
  readonly isJson: boolean;
  readonly content: AsyncIterable<Uint8Array>;
}> {
  const iterator = content[Symbol.asyncIterator]();
  const first = await iterator.next();
  const bytes: Uint8Array = first.done === true ? new Uint8Array() : first.value;
  const again = async function* () {
    yield bytes;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value;
    }
  };
  return { isJson: bytes[0] === 0x7b || bytes[0] === 0x5b, content: again() };
}

async function jsonOf(content: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) {
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
