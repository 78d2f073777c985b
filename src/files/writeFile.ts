import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Diagnostic, error } from '../diagnostics/diagnostic.js';
import { whyNot } from './paths.js';

/**
 * Writes a whole file or leaves the old one as it is: to a temporary name beside it, then renamed.
 * A symlink is followed, the mode of an existing file kept; a device or a pipe (`/dev/stdout`) is
 * written as it stands. Gives the error `unwritable` with the name as the user wrote it.
 */
export function writeFile(
  path: string,
  shown: string,
  content: string | Uint8Array,
): Diagnostic | undefined {
  let draft: string | undefined;
  try {
    const existing = lstatSync(path, { throwIfNoEntry: false });
    const target = existing?.isSymbolicLink() ? realpathSync(path) : path;
    const stat = existing === undefined ? undefined : lstatSync(target);
    if (stat !== undefined && !stat.isFile() && !stat.isDirectory()) {
      writeFileSync(target, content);
      return undefined;
    }
    if (stat?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    draft = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    const file = openSync(draft, 'wx', stat === undefined ? 0o666 : 0o600);
    try {
      writeFileSync(file, content);
      // Else a power failure may keep the new name and lose the content.
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (stat !== undefined) chmodSync(draft, stat.mode & 0o7777);
    renameSync(draft, target);
    return undefined;
  } catch (cause) {
    if (draft !== undefined) rmSync(draft, { force: true });
    return error('unwritable', `${shown} cannot be written: it ${reason(cause, path)}`, {
      place: { file: shown },
    });
  }
}

function reason(cause: unknown, path: string): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return `would lie in ${dirname(path)}, which does not exist`;
  return whyNot(cause);
}
