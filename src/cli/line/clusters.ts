import { UsageError } from './spec.js';

/** A file that says what runs, as the command line names it. */
export interface ClusterInput {
  readonly cluster: string;
  /** As written; `-` is standard input. */
  readonly file: string;
}

/** `FILE`, `NAME=FILE` or `-`; throws a `UsageError` for two of one name. */
export function readClusters(words: readonly string[]): readonly ClusterInput[] {
  const clusters = words.map((word): ClusterInput => {
    const [, name, named] = /^([^=/]*)=(.*)$/s.exec(word) ?? [];
    const file = named ?? word;
    if (file === '' || name === '') {
      throw new UsageError(`"${word}" is not a file`, 'write FILE, NAME=FILE, or - for stdin');
    }
    return { cluster: name ?? (file === '-' ? 'stdin' : file), file };
  });
  const names = clusters.map(({ cluster }) => cluster);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new UsageError(`two files are called ${twice}`, 'write NAME=FILE for each cluster');
  }
  if (clusters.filter(({ file }) => file === '-').length > 1) {
    throw new UsageError('- is there twice', 'stdin is one file');
  }
  return clusters;
}
