import type { TreesInput } from './line/options.js';
import type { Io } from './terminal/io.js';

/**
 * Says what to type next, with the trees of this command line; in a pipe too, as git does. `does` is a command
 * of generate-bake with its options.
 */
export function sayNext(io: Io, does: string, trees: TreesInput, before = ''): void {
  const { configFile, workspaceFile, directories } = trees;
  const words = [
    ...(configFile === undefined ? [] : ['-c', configFile]),
    ...(workspaceFile === undefined ? [] : ['--workspace', workspaceFile]),
    ...directories,
  ];
  const rest = words.map((word) => ` ${quoted(word)}`).join('');
  io.say(`next: ${before}generate-bake ${does}${rest}`);
}

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
