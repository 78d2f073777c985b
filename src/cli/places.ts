import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { trackedIn } from '#adapters/git/git.js';
import { type ListingCache, listingCache } from '#adapters/layers/listingCache.js';
import { type ConfigCache, configCache } from '#adapters/registry/configCache.js';
import type { DurationsFile } from '#builder/durations/store.js';
import { type FrontendRecord, frontendRecord } from '#builder/frontendRecord.js';
import { OwnDirectory } from '#core/files/ownDirectory.js';
import { type PublishedRecord, publishedRecord } from '#fleet/status/publishedRecord.js';
import type { Io } from './terminal/io.js';

/** Where systemd or the user keeps what must outlive a run: the moves of `latest` that are owed. */
export function stateDirectory({ env, home }: Io): string {
  const given = firstOf(env.STATE_DIRECTORY);
  return given ?? join(absolute(env.XDG_STATE_HOME) ?? join(home, '.local/state'), 'generate-bake');
}

/**
 * Where builds find each other, whoever's they are: not the temporary directory, of which systemd
 * and PAM give each user one of their own.
 */
export function lockDirectory({ env }: Io): string {
  if (env.GENERATE_BAKE_LOCK_DIRECTORY) {
    return env.GENERATE_BAKE_LOCK_DIRECTORY;
  }
  const shared = '/run/lock';
  return join(mayWrite(shared) ? shared : tmpdir(), 'generate-bake');
}

function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where the images' logs go; `own` is the folder of ours that they are in without LOGS_DIRECTORY. */
export function logDirectory(io: Io): { directory: string; own?: OwnDirectory } {
  const given = firstOf(io.env.LOGS_DIRECTORY);
  if (given !== undefined) {
    return { directory: given };
  }
  const own = ownDirectory(io);
  return { directory: own.pathOf('logs'), own };
}

/** What we write for ourselves in the working directory. */
export function ownDirectory({ cwd }: Io): OwnDirectory {
  return new OwnDirectory(cwd, trackedIn);
}

/** What registries said of digests, from this run to the next. */
export function registryCache(io: Io): ConfigCache {
  return configCache(join(cacheDirectory(io), 'registry-images.json'));
}

/** What frontends take, from this run to the next. */
export function frontendRecordOf(io: Io): FrontendRecord {
  return frontendRecord(join(cacheDirectory(io), 'frontends.json'));
}

/** What is in layers of images, from this run to the next. */
export function layerCache(io: Io): ListingCache {
  return listingCache(join(cacheDirectory(io), 'layers'));
}

/** What apt fetched, and what it said of images, from this run to the next: two directories. */
export function aptCaches(io: Io): { readonly lists: string; readonly answers: string } {
  const directory = join(cacheDirectory(io), 'apt');
  return { lists: join(directory, 'lists'), answers: join(directory, 'answers') };
}

/** Files that were fetched from URLs, from this run to the next. */
export function downloadCache(io: Io): string {
  return join(cacheDirectory(io), 'downloads');
}

/** The versions that runs saw in registries, from this run to the next. */
export function recordOf(io: Io): PublishedRecord {
  return publishedRecord(join(stateDirectory(io), 'published'), io.now());
}

/** The images that passed their tests, from this run to the next. */
export function testedOf(io: Io): PublishedRecord {
  return publishedRecord(join(stateDirectory(io), 'tested'), io.now());
}

/** The images that wait for approval, from one run to the next. */
export function awaitingOf(io: Io): PublishedRecord {
  return publishedRecord(join(stateDirectory(io), 'awaiting'), io.now());
}

/** How long images took, from one run to the next: in `given` (`--timings`), else in the state directory. */
export function durationsFile(io: Io, given?: string): DurationsFile {
  if (given !== undefined) {
    return { path: resolve(io.cwd, given), shown: given, isNamed: true };
  }
  const path = join(stateDirectory(io), 'durations');
  return { path, shown: path, isNamed: false };
}

/** What may be lost at any time, and only saves work. */
function cacheDirectory({ env, home }: Io): string {
  const given = firstOf(env.CACHE_DIRECTORY);
  return given ?? join(absolute(env.XDG_CACHE_HOME) ?? join(home, '.cache'), 'generate-bake');
}

/** The XDG Base Directory Specification has relative paths ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

/** systemd lists several directories with colons (systemd.exec(5)). */
function firstOf(list: string | undefined): string | undefined {
  return list?.split(':')[0] || undefined;
}
