import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Docker,
  type DockerOptions,
  type DockerOutcome,
  runDocker,
} from '#adapters/docker/docker.js';
import { parseSize } from './localPrune.js';

/** A directory whose entries can be made again. */
export interface CachePlace {
  readonly directory: string;
  /** 1: its entries are removed; 2: the entries of its directories are (logs by tree). */
  readonly depth: 1 | 2;
  /** So many of the newest entries stay whatever their age. */
  readonly keepNewest: number;
}

export interface CacheEntry {
  readonly path: string;
  readonly bytes: number;
}

/** What was made before a time (milliseconds), oldest first. A missing directory is empty. */
export function oldEntries(places: readonly CachePlace[], since: number): readonly CacheEntry[] {
  const old: { path: string; bytes: number; time: number }[] = [];
  for (const { directory, depth, keepNewest } of places) {
    const entries = entriesOf(directory)
      .flatMap((path) => (depth === 1 ? [path] : entriesOf(path)))
      .map((path) => ({ path, ...measure(path) }))
      .sort((a, b) => b.time - a.time);
    old.push(...entries.slice(keepNewest).filter(({ time }) => time < since));
  }
  return old.sort((a, b) => a.time - b.time).map(({ path, bytes }) => ({ path, bytes }));
}

/** Removes them; gives those that could not be removed. */
export function removeEntries(entries: readonly CacheEntry[]): readonly CacheEntry[] {
  return entries.filter(({ path }) => {
    try {
      rmSync(path, { recursive: true, force: true });
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

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name !== '.gitignore')
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

/** The bytes below a path, and when it was itself last changed (what is in it may be older). */
function measure(path: string): { bytes: number; time: number } {
  const stat = lstatSync(path, { throwIfNoEntry: false });
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
