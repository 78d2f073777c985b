import { hash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
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
export const storeName = '.generate-bake/rootfs';
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

export function isMade(directory: string): boolean {
  return existsSync(join(directory, archiveName));
}

/** All that were made of this very recipe at midnights, the newest first. */
export function madeOf(imageDirectory: string, recipe: RootfsRecipe): readonly MadeRootfs[] {
  const suffix = rootfsKey(recipe, 0).slice('YYYYMMDD'.length);
  return namesIn(join(imageDirectory, storeName))
    .filter((name) => name.endsWith(suffix))
    .map((name) => ({
      date: name.slice(0, 'YYYYMMDD'.length),
      directory: join(imageDirectory, storeName, name),
    }))
    .filter(({ directory }) => isMade(directory));
}

/** The names of what was made, the newest first. */
export function namesIn(store: string): readonly string[] {
  try {
    return readdirSync(store)
      .filter((name) => /^\d{8}-[0-9a-f]{12}$/.test(name))
      .sort()
      .reverse();
  } catch {
    return [];
  }
}

/**
 * The time that a recipe's root filesystem is of: its own timestamp, else that of the newest one
 * that was made, else today's where today is given; undefined where nothing tells.
 */
export function currentEpoch(
  imageDirectory: string,
  recipe: RootfsRecipe,
  today?: Date,
): number | undefined {
  if (recipe.timestamp !== undefined) {
    return recipe.timestamp;
  }
  const newest = madeOf(imageDirectory, recipe)[0]?.date;
  if (newest === undefined) {
    return today === undefined ? undefined : midnight(today);
  }
  const iso = `${newest.slice(0, 4)}-${newest.slice(4, 6)}-${newest.slice(6)}`;
  return Date.parse(`${iso}T00:00:00Z`) / 1000;
}
