import { hash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Diagnostic, error } from '../diagnostics/diagnostic.js';
import { codeOf, whyNot } from './paths.js';

/**
 * Writes a whole file or leaves the old one as it is: to a temporary name beside it, then renamed.
 * A symlink is followed, the mode of an existing file kept; a device, a pipe or an open file of the
 * process (`/dev/stdout`, `>(gzip)`) is written as it stands. Gives the error `unwritable` with the name as the user wrote it.
 */
export function writeFile(
  path: string,
  shown: string,
  content: string | Uint8Array,
): Diagnostic | undefined {
  try {
    const way = wayTo(path);
    if (way.kind === 'as-it-stands') {
      writeFileSync(path, content, { flag: 'a' });
    } else {
      replaceFile(way.target, content, way.mode);
    }
    return undefined;
  } catch (cause) {
    return unwritable(path, shown, cause);
  }
}

/**
 * Writes a whole file in the place of another, or of none, that is no link; `mode` where it is to
 * have another than new files get. Throws as Node does, and then leaves nothing beside it.
 */
export function replaceFile(
  target: string,
  content: string | Uint8Array,
  mode: number | undefined,
): void {
  const draft = draftOf(target);
  const file = openSync(draft, 'wx', mode === undefined ? 0o666 : 0o600);
  try {
    try {
      writeFileSync(file, content);
      // Else a power failure may keep the new name and lose the content.
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (mode !== undefined) {
      chmodSync(draft, mode);
    }
    renameSync(draft, target);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw cause;
  }
}

/** The names of drafts; the first group is the process that writes it. */
export const draftName = /^\.(?:.+\.\w+|[0-9a-f]{16})\.(\d+)\.tmp$/;

/** Where a file is written before it is renamed to its own name; a name has at most 255 bytes. */
function draftOf(target: string): string {
  const name = `.${basename(target)}.${process.pid}.tmp`;
  const fits = Buffer.byteLength(name) <= 255;
  const short = () => hash('sha256', basename(target), 'hex').slice(0, 16);
  return join(dirname(target), fits ? name : `.${short()}.${process.pid}.tmp`);
}

/** The error that `writeFile` would give, as far as it can be told beforehand; nothing is changed. */
export function whyUnwritable(path: string, shown: string): Diagnostic | undefined {
  try {
    const way = wayTo(path);
    if (way.kind === 'as-it-stands') {
      return undefined;
    }
    const draft = draftOf(way.target);
    closeSync(openSync(draft, 'wx', 0o600));
    rmSync(draft, { force: true });
    return undefined;
  } catch (cause) {
    return unwritable(path, shown, cause);
  }
}

type Way =
  | { readonly kind: 'as-it-stands' }
  /** `mode`: of the file that is replaced. */
  | {
      readonly kind: 'replace';
      readonly target: string;
      readonly mode: number | undefined;
    };

function wayTo(path: string): Way {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    throw Object.assign(new Error(), { code: 'EISDIR' });
  }
  if (stat !== undefined && (!stat.isFile() || descriptor.test(path))) {
    return { kind: 'as-it-stands' };
  }
  const existing = lstatSync(path, { throwIfNoEntry: false });
  const target = existing?.isSymbolicLink() ? realpathSync(path) : path;
  return { kind: 'replace', target, mode: stat && stat.mode & 0o7777 };
}

function unwritable(path: string, shown: string, cause: unknown): Diagnostic {
  return error('unwritable', `${shown} cannot be written: it ${reason(cause, path)}`, {
    place: { file: shown },
  });
}

/** An open file of the process, whose name leads to no place that something could be renamed to. */
const descriptor = /^\/(?:dev\/(?:stdin|stdout|stderr|fd\/\d+)|proc\/[^/]+\/fd\/\d+)$/;

function reason(cause: unknown, path: string): string {
  if (codeOf(cause) !== 'ENOENT') {
    return whyNot(cause);
  }
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    ? 'is a symlink to nothing'
    : `would be in ${dirname(path)}, which does not exist`;
}
