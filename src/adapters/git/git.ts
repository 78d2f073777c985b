import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** Everything that is asked of git, through its own program. Paths are absolute, or relative to root. */
export type GitResult<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** What git said, or that there is no git, as a clause. */
  | { readonly kind: 'failed'; readonly reason: string };

/** One key of git's configuration as it holds in a directory; undefined where it is not set. */
export function gitConfig(directory: string, key: string): string | undefined {
  const found = git(directory, ['config', '--get', key]);
  const value = found.kind === 'done' ? found.value.trimEnd() : '';
  return value === '' ? undefined : value;
}

/** The top directory of the work tree that a directory lies in, symlinks resolved. */
export function workTreeOf(directory: string): GitResult<string> {
  return map(git(directory, ['rev-parse', '--show-toplevel']), (output) =>
    output.replace(/\n$/, ''),
  );
}

/** Files with staged changes, relative to root. */
export function stagedFiles(root: string): GitResult<readonly string[]> {
  return map(git(root, ['diff', '--cached', '--name-only', '--no-renames', '-z']), fields);
}

/** Which of some files are not as the last commit has them, untracked ones included. */
export function uncommittedFiles(
  root: string,
  files: readonly string[],
): GitResult<readonly string[]> {
  // status takes no list of paths on its standard input, and a command line has its limits.
  const status = git(root, ['status', '--porcelain=v1', '--no-renames', '--untracked-files', '-z']);
  const wanted = new Set(files);
  return map(status, (output) =>
    fields(output)
      .map((entry) => entry.slice(3))
      .filter((file) => wanted.has(file)),
  );
}

/** Commits these tracked files as they are on disk, and nothing else. Gives the commit's id. */
export function commitFiles(
  root: string,
  files: readonly string[],
  message: string,
): GitResult<string> {
  const paths = files.map((file) => `${file}\0`).join('');
  const options = ['--quiet', '--only', '--pathspec-from-file=-', '--pathspec-file-nul'];
  const committed = git(root, ['commit', ...options, '-m', message], paths);
  if (committed.kind === 'failed') {
    return committed;
  }
  return map(git(root, ['rev-parse', 'HEAD']), (output) => output.trim());
}

/** The commit that a revision (a branch, a tag, an id) names. */
export function commitOf(root: string, revision: string): GitResult<string> {
  const words = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const found = map(git(root, words), (output) => output.trim());
  if (found.kind === 'done') {
    return found;
  }
  return { kind: 'failed', reason: `"${revision}" is no revision of this repository` };
}

/** Writes all files of a commit into a directory, and leaves the work tree and the index alone. */
export function exportCommit(root: string, commit: string, directory: string): GitResult<void> {
  const env = { GIT_INDEX_FILE: join(directory, '.git-index') };
  const words = ['--work-tree', directory, 'checkout', '--quiet', '--force', commit, '--', '.'];
  const written = git(root, words, '', env);
  rmSync(env.GIT_INDEX_FILE, { force: true });
  return map(written, () => undefined);
}

/**
 * The newest tag behind HEAD that matches a glob (`v1.2.3`), with the commits since and `-dirty`
 * where tracked files have changed: `v1.2.3-4-g0123abc-dirty`. Undefined where no tag matches.
 */
export function describeTag(directory: string, glob: string): GitResult<string | undefined> {
  const found = git(directory, ['describe', '--tags', '--dirty', '--match', glob]);
  if (found.kind === 'done') {
    return { kind: 'done', value: found.value.trim() };
  }
  const none = /No (?:names|tags|annotated tags) (?:found|can describe)/.test(found.reason);
  return none ? { kind: 'done', value: undefined } : found;
}

function git(
  directory: string,
  words: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): GitResult<string> {
  const result = spawnSync('git', ['--literal-pathspecs', '-C', directory, ...words], {
    input,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    maxBuffer: 1 << 30,
  });
  if (result.error !== undefined) {
    const missing = 'code' in result.error && result.error.code === 'ENOENT';
    return {
      kind: 'failed',
      reason: missing ? 'the program "git" is not installed' : result.error.message,
    };
  }
  if (result.status === 0) {
    return { kind: 'done', value: result.stdout };
  }
  const said = (result.stderr.trim() || result.stdout.trim()).replace(/^fatal: /, '');
  return { kind: 'failed', reason: said || `git ${words[0]} ended with status ${result.status}` };
}

function map<A, B>(result: GitResult<A>, change: (value: A) => B): GitResult<B> {
  return result.kind === 'done' ? { kind: 'done', value: change(result.value) } : result;
}

function fields(output: string): string[] {
  return output.split('\0').filter((field) => field !== '');
}
