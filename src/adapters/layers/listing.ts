import type { Digest } from '#core/reference/brands.js';
import type { InstalledPackage } from '#formats/debian/installed.js';

/** What one layer has at one path. */
export type LayerEntry =
  | FileEntry
  | (Owned & { readonly type: 'directory' | 'fifo' })
  | (Owned & { readonly type: 'symlink'; readonly target: string })
  /** `target` is `major,minor`. */
  | (Owned & { readonly type: 'character-device' | 'block-device'; readonly target: string })
  /** A hard link to another path, of this layer or one below. */
  | { readonly type: 'link'; readonly target: string };

interface Owned {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Extended attributes, file capabilities among them; absent: none. */
  readonly attributes?: string;
}

export interface FileEntry extends Owned {
  readonly type: 'file';
  /** In bytes. */
  readonly size: number;
  /** SHA-256 of its content, in base64. */
  readonly content: string;
  /** Of a database of dpkg: what it has as installed. */
  readonly packages?: readonly InstalledPackage[];
  /** Of a list of a package's files: these, from the root. */
  readonly owns?: readonly string[];
  /** The content itself, of what an inventory is made of (`excerpt.ts`); in no listing that was cached. */
  readonly kept?: Uint8Array;
}

/** What one layer does to what is below it, without the bytes of its files. Paths are from the root, without a first `/`. */
export interface LayerListing {
  /** Of the uncompressed layer. */
  readonly diffId: Digest;
  /** Uncompressed, in bytes. */
  readonly bytes: number;
  /** In the order of the layer; a path that it has twice is as the last one says. */
  readonly entries: ReadonlyMap<string, LayerEntry>;
  /** Paths that are removed from the layers below (whiteouts). */
  readonly removed: readonly string[];
  /** Directories of which nothing is taken from the layers below. */
  readonly opaque: readonly string[];
}
