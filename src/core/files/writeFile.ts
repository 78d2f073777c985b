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
import { whyNot } from './paths.js';

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
  let draft: string | undefined;
  try {
    const way = wayTo(path);
    if (way.kind === 'as-it-stands') {
      writeFileSync(path, content, { flag: 'a' });
      return undefined;
    }
    ({ draft } = way);
    const file = openSync(draft, 'wx', way.mode === undefined ? 0o666 : 0o600);
    try {
      writeFileSync(file, content);
      // Else a power failure may keep the new name and lose the content.
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (way.mode !== undefined) {
      chmodSync(draft, way.mode);
    }
    renameSync(draft, way.target);
    return undefined;
  } catch (cause) {
    if (draft !== undefined) {
      rmSync(draft, { force: true });
    }
    return unwritable(path, shown, cause);
  }
}

/** The error that `writeFile` would give, as far as it can be told beforehand; nothing is changed. */
export function whyUnwritable(path: string, shown: string): Diagnostic | undefined {
  try {
    const way = wayTo(path);
    if (way.kind === 'as-it-stands') {
      return undefined;
    }
    closeSync(openSync(way.draft, 'wx', 0o600));
    rmSync(way.draft, { force: true });
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
      readonly draft: string;
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
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  return { kind: 'replace', draft, target, mode: stat && stat.mode & 0o7777 };
}

function unwritable(path: string, shown: string, cause: unknown): Diagnostic {
  return error('unwritable', `${shown} cannot be written: it ${reason(cause, path)}`, {
    place: { file: shown },
  });
}

/** An open file of the process, whose name leads to no place that something could be renamed to. */
const descriptor = /^\/(?:dev\/(?:stdin|stdout|stderr|fd\/\d+)|proc\/[^/]+\/fd\/\d+)$/;

function reason(cause: unknown, path: string): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code !== 'ENOENT') {
    return whyNot(cause);
  }
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    ? 'is a symlink to nothing'
    : `would be in ${dirname(path)}, which does not exist`;
}
