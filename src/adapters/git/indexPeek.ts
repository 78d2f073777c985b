/**
 * What git's index says without git: starting it for one question takes as long as reading many
 * definitions. Only indexes of which every part is understood are believed (gitformat-index(5));
 * wherever there is any doubt nothing is said, and git is asked. `root` is a work tree's.
 */
import { join } from 'node:path';
import { readBytes } from '#core/files/readBytes.js';

/** Whether the index surely has no path with a name in it. */
export function isSurelyUntracked(root: string, name: string): boolean {
  return readIndex(root)?.includes(name) === false;
}

/** The paths that are tracked, relative to the root; undefined where the index does not tell. */
export function trackedPaths(root: string): ReadonlySet<string> | undefined {
  const index = readIndex(root);
  if (index === undefined) {
    return undefined;
  }
  const paths = new Set<string>();
  let at = headerBytes;
  for (let left = index.readUInt32BE(8); left > 0; left--) {
    if (at + entryBytes > index.length) {
      return undefined;
    }
    const flags = index.readUInt16BE(at + entryBytes - 2);
    const start = at + entryBytes + (flags & isExtended ? 2 : 0);
    const end = index.indexOf(0, start);
    // The length is written too: entries of another size, as with SHA-256, do not agree with it.
    if (end <= start || Math.min(end - start, longestWritten) !== (flags & longestWritten)) {
      return undefined;
    }
    paths.add(index.toString('utf8', start, end));
    // Padded with 1 to 8 NULs to a multiple of 8.
    at += Math.ceil((end + 1 - at) / 8) * 8;
  }
  return paths;
}

const headerBytes = 12;
/** Times, numbers, mode, size, a SHA-1 and flags, which the name follows. */
const entryBytes = 62;
const isExtended = 0x4000;
const longestWritten = 0xfff;

/** Valid until the next file is read; undefined where paths may not be in it as they are. */
function readIndex(root: string): Buffer | undefined {
  let index: Buffer;
  try {
    // A worktree's or submodule's `.git` is a file, and this fails.
    index = readBytes(join(root, '.git', 'index'));
  } catch {
    return undefined;
  }
  const isKnown =
    index.length >= headerBytes &&
    index.toString('latin1', 0, 4) === 'DIRC' &&
    [2, 3].includes(index.readUInt32BE(4));
  return isKnown && !elsewhere.some((text) => index.includes(text)) ? index : undefined;
}

/** Extensions by which paths are elsewhere: a split index, directories without their files. */
const elsewhere = ['link\0\0', 'sdir\0\0\0\0'];
