import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { join, relative } from 'node:path';
import { type Boundary, isOwnOrGits } from './boundary.js';
import { readOpen } from './readBytes.js';
import { Refused } from './refused.js';

/** From where a tree names files. */
export interface Door {
  /** The directory whose own files are always fine: absolute, without links below the tree's. */
  readonly own: string;
  readonly boundary: Boundary;
  /** True: its own files must not be ignored by git either, wherever they are. */
  readonly isStrict?: boolean;
}

/** Files that are read as a whole, line by line, and judged: 1 MiB. */
export const longestDefinition: number = 1024 * 1024;

/** No text of a tree is that long: 16 MiB. */
export const longestText: number = 16 * 1024 * 1024;

/**
 * The bytes of a file (absolute) that a tree names, valid until the next call, or the first `most`
 * of them: the one door for reading. Throws as `openSync` does, and `Refused` for what is not a
 * regular file, is longer than `longestText`, or is outside of the boundary.
 */
export function readInside(file: string, door: Door, most?: number): Buffer {
  return withInside(file, door, (open, stat) => {
    if (stat.size > longestText) {
      throw new Refused('is too large: more than 16 MiB');
    }
    return readOpen(open, most ?? longestText);
  });
}

/** Does something with a file that a tree names while it is open; throws as `readInside` does. */
export function withInside<T>(file: string, door: Door, work: (open: number, stat: Stats) => T): T {
  const open = openSync(
    resolved(file, door),
    // A FIFO would else wait for its writer; the last name is no link any more.
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  try {
    const stat = fstatSync(open);
    if (stat.isDirectory()) {
      throw Object.assign(new Error(), { code: 'EISDIR' });
    }
    if (!stat.isFile()) {
      throw new Refused('is not a regular file');
    }
    door.boundary.checkSecret(stat);
    return work(open, stat);
  } finally {
    closeSync(open);
  }
}

/** The path of the file without links, once it is known to be inside. */
function resolved(file: string, { own, boundary, isStrict = false }: Door): string {
  const way = relative(own, file);
  const isBelow = way !== '..' && !way.startsWith('../');
  if (isBelow && isOwnOrGits(way)) {
    throw new Refused('is a file of git or of generate-bake');
  }
  if (isStrict && boundary.isIgnored(realpathSync(file))) {
    throw new Refused('is ignored by git: a configuration is a file of the repository');
  }
  if (isBelow && !way.includes('/') && !isLink(file)) {
    return file;
  }
  const real = realpathSync(file);
  if (isBelow && real === join(realpathSync(own), way)) {
    return real;
  }
  const why = boundary.whyNot(real);
  if (why !== undefined) {
    throw new Refused(isBelow ? `is a symbolic link that ${why}` : why);
  }
  return real;
}

function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
