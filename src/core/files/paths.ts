import { isAbsolute, relative } from 'node:path';
import { Refused } from './refused.js';

/** A path as a person in `cwd` would write it: relative, unless the way there is the longer one. */
export function shownPath(cwd: string, path: string): string {
  const way = relative(cwd, path);
  if (way === '') {
    return '.';
  }
  return way.length > path.length && isAbsolute(path) ? path : way;
}

/** Without the slashes at its end: `/` alone stays. */
export function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}

/** Whether `path` is `directory` or lies below it; both absolute and normalised. */
export function isWithin(directory: string, path: string): boolean {
  if (path === directory) {
    return true;
  }
  return path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}

/** Node's code of a failed operation (`ENOENT`); undefined where it has none. */
export function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

/** Whether a file operation failed because there is nothing of that name. */
export function isMissing(cause: unknown): boolean {
  const code = codeOf(cause);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What a failed file operation means, in words for the middle of a sentence. */
export function whyNot(cause: unknown): string {
  if (cause instanceof Refused) {
    return cause.message;
  }
  const code = codeOf(cause) ?? '';
  const words: Record<string, string> = {
    ENOENT: 'does not exist',
    ENOTDIR: 'has a part that is not a directory',
    EISDIR: 'is a directory',
    EEXIST: 'exists already',
    EACCES: 'cannot be accessed: permission denied',
    EPERM: 'cannot be accessed: operation not permitted',
    ELOOP: 'is a symlink that leads back to itself',
    ENAMETOOLONG: 'has too long a name',
    EROFS: 'is on a read-only file system',
    ENOSPC: 'is on a device that has no space left',
    EFBIG: 'is larger than a file may be',
    EMFILE: 'cannot be opened: too many open files',
    EPIPE: 'is a pipe that nobody writes to',
    EIO: 'cannot be read: input/output error',
  };
  return words[code] ?? `cannot be used (${code === '' ? String(cause) : code})`;
}
