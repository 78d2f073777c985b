import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from './isRunning.js';

/** Makes a directory that only this user may enter, in `where`; gives its path. Throws as Node does. */
export function makeTemporary(prefix: string, where: string = tmpdir()): string {
  return mkdtempSync(join(where, prefix));
}

/** The same with a name that says whose it is, so that `removeStale` of a later run finds what was left. */
export function makeMarked(kind: string): string {
  return makeTemporary(`${markOf(kind)}${process.pid}-`);
}

/** Removes the marked directories of runs on this host that were killed. */
export function removeStale(kind: string): void {
  const mark = markOf(kind);
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(mark)
      ? /^(\d+)-[^-]+$/.exec(name.slice(mark.length))?.[1]
      : undefined;
    if (pid === undefined || isRunning(Number(pid))) {
      continue;
    }
    try {
      removeOwn(join(tmpdir(), name));
    } catch {
      // Another user's.
    }
  }
}

function markOf(kind: string): string {
  return `generate-bake-${kind}-${hostname()}-`;
}

/** Removes what this program made, with all that is in it; a link goes itself. */
export function removeOwn(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
