import { posix } from 'node:path';
import { isKept } from '#adapters/layers/excerpt.js';
import { limits } from '#adapters/layers/unreadable.js';
import type { FileTree } from '../contents/fileTree.js';

/** The kept files of an image. */
export interface FileReader {
  /** The content behind a path; undefined where nothing is there, or where it cannot be read. */
  readonly read: (path: string) => Uint8Array | undefined;
  readonly has: (path: string) => boolean;
  readonly namesIn: (directory: string) => readonly string[];
}

/** What is there and cannot be read is said in `unread`, once. */
export function filesIn(tree: FileTree, unread: string[]): FileReader {
  const missing = (clause: string) => {
    if (!unread.includes(clause)) {
      unread.push(clause);
    }
    return undefined;
  };
  return {
    read(path) {
      const link = tree.at(path).entry;
      const found = tree.behind(path);
      if (found === undefined) {
        return link === undefined
          ? undefined
          : missing(`${path} is a link to a file that is not there, or not looked at`);
      }
      const { entry } = found;
      if (entry.type === 'directory') {
        return undefined;
      }
      if (entry.type !== 'file') {
        return missing(`${path} is not a regular file`);
      }
      if (entry.kept !== undefined) {
        return entry.kept;
      }
      if (entry.size > limits.keptBytes) {
        return missing(`${path} is larger than ${limits.keptBytes / 1024 ** 2} MiB`);
      }
      return found.path === path
        ? missing(`${path} is not a file that is looked at`)
        : missing(`${path} is a link to ${found.path}, which is not looked at`);
    },
    has: (path) => tree.behind(path) !== undefined,
    namesIn(directory) {
      // Of a directory that is a link to any other place no file was kept: none is not what it has.
      const real = posix.dirname(tree.at(`${directory}/.`).path);
      if (!isKept(`${real}/file`)) {
        missing(`${directory} is a link to ${real}, which is not looked at`);
        return [];
      }
      return tree.namesIn(directory);
    },
  };
}
