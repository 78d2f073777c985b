import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type Docker,
  type DockerOptions,
  type DockerOutcome,
  runDocker,
} from '#adapters/docker/docker.js';
import { lookAt } from '#core/files/lookAt.js';
import { removeOwn } from '#core/files/temporary.js';
import { parseSize } from './localPrune.js';

/** A directory of ours whose entries can be made again. */
export interface CachePlace {
  /** Absolute, and no link. */
  readonly directory: string;
  readonly kind: keyof typeof ours;
  /** So many of the newest stay whatever their age. */
  readonly keepNewest: number;
}

/** The names that we give: nothing else is removed. */
const ours = {
  /** Copies of contexts, and Dockerfiles with their ignore rules. */
  digests: /^(?:[0-9a-f]{64}(?:\.dockerignore)?|\.[0-9a-f]{64}(?:\.dockerignore)?\.\d+\.tmp)$/,
  /** Logs, in a directory for each tree. */
  logs: /\.log$/,
  /** Root filesystems, and the logs of their making. */
  rootfs: /^\d{8}-[0-9a-f]{12}(?:\.log)?$/,
} as const;

export interface CacheEntry {
  readonly path: string;
  readonly bytes: number;
}

/**
 * What of ours was made before a time (milliseconds), oldest first. A missing directory is empty, and
 * so is a link to one.
 */
export function oldEntries(places: readonly CachePlace[], since: number): readonly CacheEntry[] {
  const old: { path: string; bytes: number; time: number }[] = [];
  for (const { directory, kind, keepNewest } of places) {
    const entries = entriesOf(directory)
      .flatMap((path) => (kind === 'logs' ? entriesOf(path).filter(isFile) : [path]))
      .filter((path) => ours[kind].test(basename(path)))
      .map((path) => ({ path, ...measure(path) }))
      .sort((a, b) => b.time - a.time);
    const kept = entries.filter(({ path }) => !path.endsWith('.log')).slice(0, keepNewest);
    const stays = new Set(kept.flatMap(({ path }) => [path, `${path}.log`]));
    old.push(...entries.filter(({ path, time }) => time < since && !stays.has(path)));
  }
  return old.sort((a, b) => a.time - b.time).map(({ path, bytes }) => ({ path, bytes }));
}

/** Removes them; gives those that could not be removed. */
export function removeEntries(entries: readonly CacheEntry[]): readonly CacheEntry[] {
  return entries.filter(({ path }) => {
    try {
      removeOwn(path);
      return false;
    } catch {
      return true;
    }
  });
}

/** Removes what BuildKit's cache did not use for this time; gives the bytes that it tells. */
export async function pruneBuildKit(
  docker: Docker,
  ageMs: number,
  options: DockerOptions = {},
): Promise<DockerOutcome<number | undefined>> {
  const until = `until=${Math.round(ageMs / 60_000)}m`;
  const builder = docker.builder === undefined ? [] : ['--builder', docker.builder];
  const args = ['buildx', 'prune', ...builder, '--force', '--filter', until];
  const told = await runDocker(docker, args, options);
  if (told.kind === 'failed') {
    return told;
  }
  const total = /^Total:\s*(\S+)/m.exec(told.value)?.[1];
  return { kind: 'done', value: total === undefined ? undefined : parseSize(total) };
}

/** The paths of what is in a directory; nothing is in a link, or in what cannot be listed. */
function entriesOf(directory: string): string[] {
  try {
    return lookAt(directory)?.isDirectory() === true
      ? readdirSync(directory).map((name) => join(directory, name))
      : [];
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  return lookAt(path)?.isFile() === true;
}

/** The bytes below a path, and when it was itself last changed (what is in it may be older). */
function measure(path: string): { bytes: number; time: number } {
  const stat = lookAt(path);
  if (stat === undefined) {
    return { bytes: 0, time: 0 };
  }
  let bytes = stat.isFile() ? stat.size : 0;
  if (stat.isDirectory()) {
    for (const entry of entriesOf(path)) {
      bytes += measure(entry).bytes;
    }
  }
  return { bytes, time: stat.mtimeMs };
}
