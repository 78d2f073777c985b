import { basename, dirname } from 'node:path';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { lookAt } from '#core/files/lookAt.js';
import { trackedIn } from './git.js';

/**
 * Whether something that the user names to be written (absolute; `shown` as it was named) leads
 * through a symbolic link that git tracks: the tree would then say where it is. The user's own links
 * are fine. Gives the error `unwritable`.
 */
export function trackedLink(path: string, shown: string): Diagnostic | undefined {
  for (let at = path; dirname(at) !== at; at = dirname(at)) {
    if (isLink(at) && trackedIn(dirname(at), basename(at)).kind === 'file') {
      const message = `${shown} cannot be written: it leads through a symbolic link that git tracks: ${at}`;
      const hint = 'name the file or directory itself';
      return error('unwritable', message, { place: { file: shown }, hint });
    }
  }
  return undefined;
}

function isLink(path: string): boolean {
  try {
    return lookAt(path)?.isSymbolicLink() === true;
  } catch {
    return false; // What cannot be looked at is reported where it is written.
  }
}
