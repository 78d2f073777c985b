import { join } from 'node:path';
import { readBytes } from '#core/files/readBytes.js';

/**
 * Whether git's index surely has no path with a name in it. Three programs would have to be started
 * to have git say so, which takes longer than all the rest of a small plan; but an index of version
 * 2 or 3 has every path whole (gitformat-index(5)), so that a name that is nowhere in it is in no
 * path. False wherever there is any doubt: then git is asked. `root` is the work tree's.
 */
export function isSurelyUntracked(root: string, name: string): boolean {
  let index: Buffer;
  try {
    // A worktree's or submodule's `.git` is a file, and this fails.
    index = readBytes(join(root, '.git', 'index'));
  } catch {
    return false;
  }
  const isKnown =
    index.subarray(0, 4).toString('latin1') === 'DIRC' &&
    [2, 3].includes(index.length < 8 ? 0 : index.readUInt32BE(4));
  return isKnown && [name, ...elsewhere].every((text) => !index.includes(text));
}

/** Extensions by which paths are elsewhere: a split index, directories without their files. */
const elsewhere = ['link\0\0', 'sdir\0\0\0\0'];
