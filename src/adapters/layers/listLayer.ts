import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Digest } from '#core/reference/brands.js';
import { installedPackages } from '#formats/debian/installed.js';
import { decompressed } from './decompress.js';
import { isKept } from './excerpt.js';
import type { FileEntry, LayerEntry, LayerListing } from './listing.js';
import { readTar, type TarHeader } from './tar.js';
import { limits, UnreadableLayer } from './unreadable.js';

/** A layer that was read, or why it cannot be: a clause about it. */
export type LayerReading =
  | { readonly kind: 'read'; readonly listing: LayerListing }
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * Lists a layer: a tar archive, perhaps compressed with gzip or zstd, read as it comes. Nothing of it is
 * written anywhere. What `source` throws is thrown.
 */
export async function listLayer(source: AsyncIterable<Uint8Array>): Promise<LayerReading> {
  try {
    return { kind: 'read', listing: await list(source) };
  } catch (cause) {
    if (cause instanceof UnreadableLayer) {
      return { kind: 'unreadable', reason: cause.message };
    }
    throw cause;
  }
}

async function list(source: AsyncIterable<Uint8Array>): Promise<LayerListing> {
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = async function* () {
    for await (const chunk of decompressed(source)) {
      hash.update(chunk);
      bytes += chunk.length;
      if (bytes > limits.layerBytes) {
        throw new UnreadableLayer(`it has more than ${limits.layerBytes / 1024 ** 3} GiB`);
      }
      yield chunk;
    }
  };
  const entries = new Map<string, LayerEntry>();
  const removed: string[] = [];
  const opaque: string[] = [];
  const budget = new Budget();
  await readTar(counted(), async (header, content) => {
    const path = pathOf(header.name);
    budget.take(header);
    const name = posix.basename(path);
    if (name === opaqueMark) {
      opaque.push(directoryOf(path));
    } else if (name.startsWith(whiteout)) {
      const gone = name.slice(whiteout.length);
      if (gone === '' || gone === '.' || gone === '..') {
        throw new UnreadableLayer(`it has a whiteout without a name: ${path}`);
      }
      // `.wh..wh.…` is what aufs kept for itself.
      if (!gone.startsWith(whiteout)) {
        removed.push(posix.join(directoryOf(path), gone));
      }
    } else {
      const entry = await entryOf(path, header, content, budget);
      // Of two entries the last counts, in its place: a hard link sees what was there before it.
      entries.delete(path);
      entries.set(path, entry);
    }
  });
  return { diffId: `sha256:${hash.digest('hex')}` as Digest, bytes, entries, removed, opaque };
}

const whiteout = '.wh.';
const opaqueMark = '.wh..wh..opq';

/** From the root of the image and inside it, whatever is written; the root is empty. */
function pathOf(name: string): string {
  return posix.join('/', name).slice(1).replace(/\/+$/, '');
}

function directoryOf(path: string): string {
  const directory = posix.dirname(path);
  return directory === '.' ? '' : directory;
}

/** What a layer may still have. */
class Budget {
  #entries: number = limits.entries;
  #nameBytes: number = limits.nameBytes;
  #textBytes: number = limits.allTextBytes;
  #keptBytes: number = limits.allKeptBytes;

  take({ name, target, attributes }: TarHeader): void {
    this.#entries--;
    const longest = Math.max(Buffer.byteLength(name), Buffer.byteLength(target));
    this.#nameBytes -= Buffer.byteLength(name) + Buffer.byteLength(target);
    for (const [key, value] of attributes) {
      this.#nameBytes -= key.length + value.length;
    }
    if (longest > limits.pathBytes) {
      throw new UnreadableLayer(`it has a path of more than ${limits.pathBytes} bytes`);
    }
    if (this.#entries < 0 || this.#nameBytes < 0) {
      throw new UnreadableLayer(`it has more than ${limits.entries} files, or very long names`);
    }
  }

  takeText(path: string, size: number): void {
    this.#textBytes -= size;
    if (size > limits.textBytes || this.#textBytes < 0) {
      throw new UnreadableLayer(
        `its package database is larger than ${limits.textBytes / 1024 ** 2} MiB: ${path}`,
      );
    }
  }

  /** Whether a file of this size can be kept; an inventory says of those that are not. */
  takeKept(size: number): boolean {
    if (size > limits.keptBytes || size > this.#keptBytes) {
      return false;
    }
    this.#keptBytes -= size;
    return true;
  }
}

async function entryOf(
  path: string,
  header: TarHeader,
  content: AsyncIterable<Uint8Array>,
  budget: Budget,
): Promise<LayerEntry> {
  const { type, mode, uid, gid } = header;
  const attributes = attributesOf(header.attributes);
  const owned = { mode, uid, gid, ...(attributes === undefined ? {} : { attributes }) };
  switch (type) {
    case 'file':
      return { type, ...owned, ...(await contentOf(path, header, content, budget)) };
    case 'directory':
    case 'fifo':
      return { type, ...owned };
    case 'symlink':
      return { type, ...owned, target: header.target };
    case 'link':
      return { type, target: pathOf(header.target) };
    case 'character-device':
    case 'block-device':
      return { type, ...owned, target: header.device };
  }
}

/** In one text that can be compared; those that overlay keeps for itself are no part of the image. */
function attributesOf(attributes: ReadonlyMap<string, string>): string | undefined {
  const own = [...attributes].filter(([key]) => !/^(?:trusted|user)\.overlay\./.test(key)).sort();
  return own.length === 0 ? undefined : JSON.stringify(own);
}

async function contentOf(
  path: string,
  { size }: TarHeader,
  content: AsyncIterable<Uint8Array>,
  budget: Budget,
): Promise<Pick<FileEntry, 'size' | 'content' | 'packages' | 'owns' | 'kept'>> {
  const hash = createHash('sha256');
  const read = readerOf(path);
  const chunks: Uint8Array[] = [];
  if (read !== undefined) {
    budget.takeText(path, size);
  }
  const keeps = isKept(path) && (read !== undefined || budget.takeKept(size));
  for await (const chunk of content) {
    hash.update(chunk);
    if (read !== undefined || keeps) {
      chunks.push(chunk);
    }
  }
  const bytes = Buffer.concat(chunks);
  return {
    size,
    content: hash.digest('base64'),
    ...read?.(bytes.toString('utf8')),
    ...(keeps ? { kept: bytes } : {}),
  };
}

type TextReader = (text: string) => Pick<FileEntry, 'packages' | 'owns'>;

/** What the text of a file is read for: dpkg's database, and its lists of the files of a package. */
function readerOf(path: string): TextReader | undefined {
  if (path === 'var/lib/dpkg/status') {
    return (text) => ({ packages: installedPackages(text) });
  }
  if (/^var\/lib\/dpkg\/info\/[^/]+\.list$/.test(path)) {
    return (text) => ({ owns: text.split('\n').map(pathOf).filter(Boolean) });
  }
  // Distroless images have a file for each package, and its sums beside it.
  if (/^var\/lib\/dpkg\/status\.d\/[^/]+\.md5sums$/.test(path)) {
    return (text) => ({ owns: text.split('\n').flatMap(summed) });
  }
  if (/^var\/lib\/dpkg\/status\.d\/[^/]+$/.test(path)) {
    return (text) => ({ packages: installedPackages(text) });
  }
  return undefined;
}

/** `SUM  PATH`. */
function summed(line: string): string[] {
  const path = /^[0-9a-f]{32} [ *](.+)$/.exec(line)?.[1];
  return path === undefined ? [] : [pathOf(path)];
}
