import { type GitResult, git } from './ask.js';

/** A file of a commit. */
export interface CommittedFile {
  /** A revision: `HEAD`, an id, `ID^`. */
  readonly revision: string;
  /** Relative to the root of the work tree, without line breaks. */
  readonly path: string;
}

/**
 * The texts of files of commits, in their order; undefined where a commit has no such file. One
 * process reads them all, and nothing is fetched.
 */
export function committedTexts(
  root: string,
  files: readonly CommittedFile[],
): GitResult<readonly (string | undefined)[]> {
  if (files.length === 0) {
    return { kind: 'done', value: [] };
  }
  const input = files.map(({ revision, path }) => `${revision}:${path}\n`).join('');
  const read = git(root, ['cat-file', '--batch'], { input, output: 'bytes' });
  return read.kind === 'done' ? { kind: 'done', value: textsIn(read.value) } : read;
}

/** git-cat-file(1): `<id> blob <bytes>`, the content and a line break; or a line that says why not. */
function textsIn(output: string): readonly (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf('\n', at);
    const head = /^[0-9a-f]{40,64} (\w+) (\d+)$/.exec(output.slice(at, end));
    at = end + 1;
    if (head === null) {
      texts.push(undefined);
      continue;
    }
    const size = Number(head[2]);
    const content = output.slice(at, at + size);
    texts.push(head[1] === 'blob' ? Buffer.from(content, 'latin1').toString('utf8') : undefined);
    at += size + 1;
  }
  return texts;
}
