import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { Refused } from './refused.js';

/** The end of a file, and how large the whole is, in bytes. */
interface FileEnd {
  readonly bytes: Buffer;
  readonly size: number;
}

/**
 * The last `most` bytes of a regular file that is below a directory, both absolute: for files that a text names
 * which nobody vouches for. Throws as `openSync` does, and `Refused` for a file that is elsewhere or is not regular.
 */
export function readEnd(file: string, below: string, most: number): FileEnd {
  const real = realpathSync(file);
  const way = relative(realpathSync(below), real);
  if (way === '' || way === '..' || way.startsWith(`..${sep}`)) {
    throw new Refused(`is not below ${below}`);
  }
  // A FIFO would else wait for its writer.
  const open = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(open);
    if (!stat.isFile()) {
      throw new Refused('is not a regular file');
    }
    const from = Math.max(0, stat.size - most);
    const bytes = Buffer.alloc(stat.size - from);
    let used = 0;
    while (used < bytes.length) {
      const read = readSync(open, bytes, used, bytes.length - used, from + used);
      if (read === 0) {
        break;
      }
      used += read;
    }
    return { bytes: bytes.subarray(0, used), size: stat.size };
  } finally {
    closeSync(open);
  }
}
