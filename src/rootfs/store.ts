import { createHash, hash } from 'node:crypto';
// biome-ignore lint/style/noRestrictedImports: hashes an archive of hundreds of megabytes as a stream.
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { trackedIn } from '#adapters/git/git.js';
import { lookAt } from '#core/files/lookAt.js';
import { OwnDirectory, ownName } from '#core/files/ownDirectory.js';
import { readText } from '#core/files/readBytes.js';
import type { Digest } from '#core/reference/brands.js';
import { bootstrap } from './bootstrap.js';
import type { RootfsRecipe } from './recipe.js';
import { dateOf, midnight } from './timestamp.js';

/** A root filesystem that was made, whole: nothing else ever has such a name. */
export interface MadeRootfs {
  /** `20260301`, of UTC. */
  readonly date: string;
  /** Absolute: holds `rootfs.tar` and `made.json`. */
  readonly directory: string;
}

/** Below an image's directory; git, scans and build contexts leave it out. */
export const storeName: string = `${ownName}/rootfs`;
export const archiveName = 'rootfs.tar';

/**
 * What decides the bytes of a recipe's root filesystem, apart from what the mirrors have: the
 * command, its steps, the files that it adds, the time of day that is stamped on it. Two machines
 * agree on it, whatever proxies they use.
 */
export function recipeDigest(recipe: RootfsRecipe, epoch: number): Digest {
  const { args, steps } = bootstrap(recipe, 0, 'root', neutral);
  const files = steps.flatMap(({ before = [], after = [] }) =>
    [...before, ...after].map((file) => [
      file.target,
      file.mode,
      'text' in file ? { kind: 'file', sha256: hash('sha256', file.text) } : file.content,
    ]),
  );
  const digested = new Map(
    steps.map(({ script, digestedScript }) => [
      `--customize-hook=${script}`,
      `--customize-hook=${digestedScript ?? script}`,
    ]),
  );
  const words = args.map((arg) => digested.get(arg) ?? arg);
  return `sha256:${hash('sha256', JSON.stringify([1, words, files, epoch % 86_400]))}` as Digest;
}

const neutral = { before: 'before', after: 'after', keys: 'keys', output: 'output' };

/** The name of its directory in the store: the date, and the digest's first twelve digits. */
export function rootfsKey(recipe: RootfsRecipe, epoch: number): string {
  return `${dateOf(epoch)}-${recipeDigest(recipe, epoch).slice('sha256:'.length).slice(0, 12)}`;
}

/** Where the one of this time is, or would be. */
export function placeOfRootfs(imageDirectory: string, recipe: RootfsRecipe, epoch: number): string {
  return join(imageDirectory, storeName, rootfsKey(recipe, epoch));
}

/**
 * The store of an image, for what is read from it: nothing is believed to be in one that is not ours
 * or that git tracks, since anybody who may commit to the tree could have made that.
 */
export class RootfsStore {
  readonly #imageDirectory: string;
  readonly #own: OwnDirectory;
  #why: { readonly not: string | undefined } | undefined;

  /** `imageDirectory` is absolute. */
  constructor(imageDirectory: string) {
    this.#imageDirectory = imageDirectory;
    this.#own = new OwnDirectory(imageDirectory, trackedIn);
  }

  /** Why nothing in it is believed, as a clause; undefined where it is, or is missing. */
  get whyNot(): string | undefined {
    this.#why ??= { not: this.#own.whyNotBelieved('rootfs') };
    return this.#why.not;
  }

  /** Makes it, with what git needs not to see it; throws `Refused` where it is not ours. */
  make(): string {
    return this.#own.make('rootfs');
  }

  /** Whether the one of this time is there, and of the size that it was made with. */
  isMade(recipe: RootfsRecipe, epoch: number): boolean {
    return this.#has(rootfsKey(recipe, epoch));
  }

  /** Whether its content is what was made, too: it is read as a whole. */
  async isWhole(recipe: RootfsRecipe, epoch: number): Promise<boolean> {
    const directory = placeOfRootfs(this.#imageDirectory, recipe, epoch);
    const made = this.isMade(recipe, epoch) ? readMade(directory) : undefined;
    return made !== undefined && (await digestOf(join(directory, archiveName))) === made.sha256;
  }

  /** All that were made of this very recipe at midnights, the newest first. */
  madeOf(recipe: RootfsRecipe): readonly MadeRootfs[] {
    const suffix = rootfsKey(recipe, 0).slice('YYYYMMDD'.length);
    return this.names()
      .filter((name) => name.endsWith(suffix) && this.#has(name))
      .map((name) => ({
        date: name.slice(0, 'YYYYMMDD'.length),
        directory: join(this.#imageDirectory, storeName, name),
      }));
  }

  /** The names of what was made, the newest first. */
  names(): readonly string[] {
    try {
      return readdirSync(join(this.#imageDirectory, storeName))
        .filter((name) => /^\d{8}-[0-9a-f]{12}$/.test(name))
        .sort()
        .reverse();
    } catch {
      return [];
    }
  }

  #has(name: string): boolean {
    const directory = join(this.#imageDirectory, storeName, name);
    const archive = lookAt(join(directory, archiveName));
    // git is asked only where there is something to believe.
    return (
      archive?.isFile() === true &&
      lookAt(directory)?.isDirectory() === true &&
      readMade(directory)?.bytes === archive.size &&
      this.whyNot === undefined
    );
  }
}

/** What `made.json` says of the archive beside it. */
interface Made {
  readonly bytes: number;
  readonly sha256: string;
}

function readMade(directory: string): Made | undefined {
  try {
    const file = join(directory, 'made.json');
    const stat = lookAt(file);
    if (stat?.isFile() !== true || stat.size > 1 << 20) {
      return undefined;
    }
    const read: unknown = JSON.parse(readText(file));
    const { bytes, sha256 } = read as Partial<Record<keyof Made, unknown>>;
    return typeof bytes === 'number' && typeof sha256 === 'string' ? { bytes, sha256 } : undefined;
  } catch {
    return undefined;
  }
}

/** The SHA-256 of a file, in hexadecimal digits. */
export async function digestOf(file: string): Promise<string> {
  const hasher = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    hasher.update(chunk);
  }
  return hasher.digest('hex');
}

/**
 * The time that a recipe's root filesystem is of: its own timestamp, else that of the newest one
 * that was made, else today's where today is given; undefined where nothing tells.
 */
export function currentEpoch(
  store: RootfsStore,
  recipe: RootfsRecipe,
  today?: Date,
): number | undefined {
  if (recipe.timestamp !== undefined) {
    return recipe.timestamp;
  }
  const newest = store.madeOf(recipe)[0]?.date;
  if (newest === undefined) {
    return today === undefined ? undefined : midnight(today);
  }
  const iso = `${newest.slice(0, 4)}-${newest.slice(4, 6)}-${newest.slice(6)}`;
  return Date.parse(`${iso}T00:00:00Z`) / 1000;
}
