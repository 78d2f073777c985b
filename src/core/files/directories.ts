import { type Dirent, readdirSync } from 'node:fs';

/** What `readdirSync` gives; a function that remembers it spares reading a directory twice. */
export type ListDirectory = (directory: string) => readonly Dirent[];

export const listDirectory: ListDirectory = (directory) =>
  readdirSync(directory, { withFileTypes: true });

/**
 * One walk for all who need it: the scan of a tree and the contexts below it read each directory
 * once. Only what was readable is remembered.
 */
export function rememberDirectories(list: ListDirectory = listDirectory): ListDirectory {
  const known = new Map<string, readonly Dirent[]>();
  return (directory) => {
    const remembered = known.get(directory);
    if (remembered !== undefined) {
      return remembered;
    }
    const entries = list(directory);
    known.set(directory, entries);
    return entries;
  };
}
