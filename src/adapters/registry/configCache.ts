import { dirname } from 'node:path';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { readText } from '#core/files/readBytes.js';
import { replaceFile } from '#core/files/writeFile.js';
import type { Digest } from '#core/reference/brands.js';
import { asDigest } from './digest.js';
import { type ImageConfig, isSize } from './imageConfig.js';

/**
 * Configurations of published images by the digest of their manifest: that digest says what they
 * are for ever, so a second run asks what the tag is at, by a HEAD, and nothing more. Losing it costs time, never truth.
 */
export interface ConfigCache {
  /** Where nothing is known, it is no use to ask for a digest first. */
  readonly isEmpty: boolean;
  get(manifest: Digest): ImageConfig | undefined;
  set(manifest: Digest, config: ImageConfig): void;
  /** Writes what was learnt; a cache that cannot be written is left as it is. */
  save(): void;
}

const format = 1;
/** Of more images than this, those that were not asked for longest are forgotten. */
const most = 20_000;

type Entry = readonly [Digest, Stored];
interface Stored {
  readonly labels: Readonly<Record<string, string>>;
  readonly layers: readonly Digest[];
  readonly created?: string;
  readonly sizes?: readonly number[];
}

/** A cache in one file; one that is missing, unreadable or of another format is empty. */
export function configCache(file: string): ConfigCache {
  const known = new Map<Digest, Stored>(read(file));
  // What this run asks for, so that it is kept longest.
  const used = new Map<Digest, Stored>();
  let learnt = false;
  return {
    isEmpty: known.size === 0,
    get(manifest) {
      const stored = known.get(manifest);
      if (stored === undefined) {
        return undefined;
      }
      used.set(manifest, stored);
      return { ...stored, labels: new Map(Object.entries(stored.labels)) };
    },
    set(manifest, config) {
      learnt = true;
      used.set(manifest, { ...config, labels: Object.fromEntries(config.labels) });
    },
    save() {
      if (!learnt) {
        return;
      }
      for (const digest of used.keys()) {
        known.delete(digest);
      }
      const entries = [...known, ...used].slice(-most);
      write(file, JSON.stringify({ format, entries }));
    },
  };
}

function read(file: string): Entry[] {
  try {
    const content: unknown = JSON.parse(readText(file));
    if (fieldOf(content, 'format') !== format) {
      return [];
    }
    const entries = fieldOf(content, 'entries');
    return Array.isArray(entries) ? entries.filter(isEntry) : [];
  } catch {
    return [];
  }
}

/** What another program, or a disk, made of the file must not become a label. */
function isEntry(value: unknown): value is Entry {
  if (!Array.isArray(value) || asDigest(value[0]) === undefined) {
    return false;
  }
  const labels = fieldOf(value[1], 'labels');
  const layers = fieldOf(value[1], 'layers');
  const sizes = fieldOf(value[1], 'sizes') ?? [];
  return (
    typeof labels === 'object' &&
    labels !== null &&
    Object.values(labels).every((label) => typeof label === 'string') &&
    Array.isArray(layers) &&
    layers.every((layer) => asDigest(layer) !== undefined) &&
    Array.isArray(sizes) &&
    sizes.every(isSize)
  );
}

function write(file: string, text: string): void {
  try {
    makeDirectory(dirname(file));
    replaceFile(file, text, undefined);
  } catch {
    // It only saves work.
  }
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
