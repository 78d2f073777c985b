import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a directory that only this user may enter, in `where`; gives its path. Throws as Node does. */
export function makeTemporary(prefix: string, where: string = tmpdir()): string {
  return mkdtempSync(join(where, prefix));
}

/** Removes what this program made, with all that is in it; a link goes itself. */
export function removeOwn(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
