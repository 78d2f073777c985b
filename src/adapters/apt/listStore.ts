// biome-ignore-start lint/style/noRestrictedImports: copies files between a temporary directory and a cache, both of ours.
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { join } from 'node:path';
import { makeDirectory } from '#core/files/makeDirectory.js';

/** Sets that no run has used for so long are removed, in milliseconds. */
const unusedFor = 30 * 24 * 60 * 60 * 1000;
/** As many sets are kept, at most; one takes about 50 MB. */
const mostSets = 40;

/**
 * The lists that `apt-get update` has fetched, from one run to the next, by the digest of what they were fetched for. Each
 * generation of a set is a directory that never changes once it has its name: apt believes that a list belongs to the
 * Release file beside it. Losing one costs time, never truth.
 */
export class ListStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Puts the lists of a set into a directory, which is empty afterwards where that is not possible. */
  take(set: string, into: string): void {
    try {
      const generation = this.#generations(set)[0];
      if (generation === undefined) {
        return;
      }
      copyFiles(generation, into);
      const now = new Date();
      utimesSync(generation, now, now);
    } catch {
      for (const name of readdirSync(into)) {
        rmSync(join(into, name), { recursive: true, force: true });
      }
    }
  }

  /** Keeps the lists of a set that a directory has. `generation` is the digest of its Release files. */
  put(set: string, generation: string, from: string): void {
    try {
      const target = join(this.#directory, set, generation);
      if (this.#generations(set)[0] === target) {
        return;
      }
      makeDirectory(join(this.#directory, set));
      const draft = `${target}.${process.pid}.tmp`;
      rmSync(draft, { recursive: true, force: true });
      rmSync(target, { recursive: true, force: true });
      mkdirSync(draft);
      copyFiles(from, draft);
      renameSync(draft, target);
      for (const older of this.#generations(set)) {
        if (older !== target) {
          rmSync(older, { recursive: true, force: true });
        }
      }
      this.#bound();
    } catch {
      // It only saves work.
    }
  }

  /** The newest first. */
  #generations(set: string): string[] {
    return directoriesIn(join(this.#directory, set));
  }

  #bound(): void {
    const oldest = Date.now() - unusedFor;
    const sets = directoriesIn(this.#directory)
      .map((path) => ({ path, used: directoriesIn(path)[0] }))
      .map(({ path, used }) => ({ path, used: used === undefined ? 0 : statSync(used).mtimeMs }))
      .sort((a, b) => b.used - a.used);
    for (const [at, { path, used }] of sets.entries()) {
      if (at >= mostSets || used < oldest) {
        rmSync(path, { recursive: true, force: true });
      }
    }
  }
}

function directoriesIn(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => /^[0-9a-f]{64}$/.test(name));
  } catch {
    return [];
  }
  return names
    .map((name) => join(directory, name))
    .flatMap((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat?.isDirectory() ? [{ path, time: stat.mtimeMs }] : [];
    })
    .sort((a, b) => b.time - a.time)
    .map(({ path }) => path);
}

/** With their times, by which apt asks whether there is something newer. */
function copyFiles(from: string, into: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isFile() && entry.name !== 'lock') {
      const source = join(from, entry.name);
      const target = join(into, entry.name);
      const { atime, mtime } = statSync(source);
      copyFileSync(source, target);
      utimesSync(target, atime, mtime);
    }
  }
}
