import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Diagnostic, error } from '../diagnostics/diagnostic.js';
import { isOwnOrGits } from './boundary.js';
import { isRunning } from './isRunning.js';
import { lookAt } from './lookAt.js';
import { makeDirectory } from './makeDirectory.js';
import { codeOf, whyNot } from './paths.js';
import { Refused } from './refused.js';
import { draftName, replaceFile } from './writeFile.js';

/**
 * Makes the directory `way` (relative, `/`-separated) below `root`, which may be anywhere and is made
 * where it is missing; gives its absolute path. Below `root` no link is followed: throws `Refused`
 * for one, for a file in the way and for a way that leads out, and as `mkdirSync` does.
 */
export function makeInside(root: string, way: string): string {
  makeDirectory(root);
  let at = root;
  for (const [index, part] of partsOf(way).entries()) {
    at = join(at, part);
    if (isDirectoryItself(at, way, index)) {
      continue;
    }
    try {
      mkdirSync(at);
    } catch (cause) {
      // Another process was quicker.
      if (codeOf(cause) !== 'EEXIST' || !isDirectoryItself(at, way, index)) {
        throw cause;
      }
    }
  }
  return at;
}

/** Whether the directory `way` is below `root` and no link is on the way; throws as `makeInside` does. */
export function isInside(root: string, way: string): boolean {
  let at = root;
  return partsOf(way).every((part, index) => {
    at = join(at, part);
    return isDirectoryItself(at, way, index);
  });
}

/** A directory that files are written below, and nowhere else. */
export class OutputDirectory {
  readonly #root: string;
  readonly #shown: string;
  /** Directories below it that were made, or found to be sound: a fleet has thousands of files. */
  readonly #made = new Map<string, string>();

  /** `root` is absolute and may be anywhere, `shown` the same for messages. */
  constructor(root: string, shown: string) {
    this.#root = root;
    this.#shown = shown;
  }

  /**
   * Writes the file `way` (relative, `/`-separated), whole or not at all, and makes the directories
   * on the way as `makeInside` does; a link in its place is not followed. Removes what killed runs
   * left beside it. Gives the error `unwritable`.
   */
  write(way: string, content: string | Uint8Array): Diagnostic | undefined {
    const shown = join(this.#shown, way);
    try {
      if (isOwnOrGits(way)) {
        throw new Refused('is a file of git or of generate-bake');
      }
      const target = join(this.#directory(dirname(way)), basename(way));
      const stat = lookAt(target);
      if (stat !== undefined && !stat.isFile()) {
        throw new Refused(whyNotFile(stat));
      }
      replaceFile(target, content, stat && stat.mode & 0o7777);
      return undefined;
    } catch (cause) {
      return error('unwritable', `${shown} cannot be written: it ${whyNot(cause)}`, {
        place: { file: shown },
      });
    }
  }

  #directory(way: string): string {
    let directory = this.#made.get(way);
    if (directory === undefined) {
      directory = makeInside(this.#root, way);
      removeLeftovers(directory, draftName);
      this.#made.set(way, directory);
    }
    return directory;
  }
}

/**
 * Opens the file `name` in `directory` for writing, from its start or, with `append`, at its end. A
 * link is not followed, and nothing but a regular file is opened; throws as `openSync` does, or
 * `Refused`.
 */
export function openToWrite(directory: string, name: string, append: boolean): number {
  const file = join(directory, name);
  const stat = lookAt(file);
  if (stat !== undefined && !stat.isFile()) {
    throw new Refused(whyNotFile(stat));
  }
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const open = openSync(
    file,
    O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | (append ? O_APPEND : 0),
    0o666,
  );
  try {
    if (!fstatSync(open).isFile()) {
      throw new Refused('is not a regular file');
    }
    if (!append) {
      ftruncateSync(open);
    }
    return open;
  } catch (cause) {
    closeSync(open);
    throw cause;
  }
}

/**
 * Removes what killed runs left in a directory: the entries whose name `pattern` matches, with the
 * number of a process as its first group, where no such process is running. A link goes itself.
 */
export function removeLeftovers(directory: string, pattern: RegExp): void {
  for (const name of readdirSync(directory)) {
    const pid = pattern.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
  }
}

function partsOf(way: string): readonly string[] {
  const parts = way.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || way.startsWith('/')) {
    throw new Refused('leads out of its directory');
  }
  return parts;
}

/** False where there is nothing; throws `Refused` for what is not a directory itself. */
function isDirectoryItself(path: string, way: string, index: number): boolean {
  const stat = lookAt(path);
  if (stat === undefined || stat.isDirectory()) {
    return stat !== undefined;
  }
  const shown = partsOf(way)
    .slice(0, index + 1)
    .join('/');
  const what = stat.isSymbolicLink() ? aLink : 'is not a directory';
  throw new Refused(`is in ${shown}, which ${what}`);
}

const aLink = 'is a symbolic link, and links are not followed';

function whyNotFile(stat: Stats): string {
  if (stat.isSymbolicLink()) {
    return aLink;
  }
  return stat.isDirectory() ? 'is a directory' : 'is not a regular file';
}
