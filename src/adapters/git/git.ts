import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeDirectory } from '#core/files/makeDirectory.js';
import type { FindTracked } from '#core/files/ownDirectory.js';
import { whyNot } from '#core/files/paths.js';
import { type GitResult, git, nearestWorkTree, start } from './ask.js';
import { isSurelyUntracked } from './indexPeek.js';

/** One key of git's configuration as it holds in a directory; undefined where it is not set. */
export function gitConfig(directory: string, key: string): string | undefined {
  // Outside of a repository too: the user's own configuration holds everywhere.
  const found = start(directory, ['config', '--get', key], { settings: [] });
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
  return map(
    git(root, [
      'diff',
      '--cached',
      '--no-ext-diff',
      '--no-textconv',
      '--name-only',
      '--no-renames',
      '-z',
    ]),
    fields,
  );
}

/** Which of some files are not as the last commit has them, untracked ones included. */
export function uncommittedFiles(
  root: string,
  files: readonly string[],
): GitResult<readonly string[]> {
  // status takes no list of paths on its standard input, and a command line has its limits.
  const status = git(root, [
    'status',
    '--porcelain=v1',
    '--no-renames',
    '--untracked-files',
    // None of them is a submodule, and a submodule's own configuration may name programs.
    '--ignore-submodules=all',
    '-z',
  ]);
  const wanted = new Set(files);
  return map(status, (output) =>
    fields(output)
      .map((entry) => entry.slice(3))
      .filter((file) => wanted.has(file)),
  );
}

/** Which file git tracks of an entry of a directory: itself, or one that is below it. */
export const trackedIn: FindTracked = (directory, name) => {
  let real: string;
  try {
    real = realpathSync(directory);
  } catch (cause) {
    return { kind: 'unknown', reason: `${directory} ${whyNot(cause)}` };
  }
  const root = nearestWorkTree(real);
  if (root === undefined || isSurelyUntracked(root, name)) {
    return { kind: 'nothing' };
  }
  const found = git(real, ['ls-files', '-z', '--', name]);
  if (found.kind === 'failed') {
    return { kind: 'unknown', reason: found.reason };
  }
  const [file] = fields(found.value);
  return file === undefined ? { kind: 'nothing' } : { kind: 'file', file };
};

/** The files below a directory that git tracks or would add, relative to it, each once, sorted. */
export function filesBelow(directory: string): GitResult<readonly string[]> {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  // A path with a conflict is there once for each side.
  return map(git(directory, words), (output) => [...new Set(fields(output))].sort());
}

/** The text of a directory's file as the last commit has it; undefined where it has none. */
export function committedText(directory: string, name: string): string | undefined {
  const found = git(directory, ['cat-file', 'blob', `HEAD:./${name}`]);
  return found.kind === 'done' ? found.value : undefined;
}

/** The lock that git holds on the index while it commits: absolute; undefined outside of git. */
export function indexLock(directory: string): string | undefined {
  const found = git(directory, ['rev-parse', '--git-path', 'index.lock']);
  return found.kind === 'done' ? resolve(directory, found.value.trimEnd()) : undefined;
}

/**
 * Commits these files as they are on disk, and nothing else. Gives the commit's id.
 *
 * @param fresh those of them that git does not track yet
 */
export function commitFiles(
  root: string,
  files: readonly string[],
  message: string,
  fresh: readonly string[] = [],
): GitResult<string> {
  const paths = files.map((file) => `${file}\0`).join('');
  const ofPaths = ['--pathspec-from-file=-', '--pathspec-file-nul'];
  const options = ['--quiet', '--only', ...ofPaths];
  const added = fresh.map((file) => `${file}\0`).join('');
  if (fresh.length > 0) {
    const add = ['add', '--intent-to-add', ...ofPaths];
    const told = git(root, add, { trust: 'commits', input: added });
    if (told.kind === 'failed') {
      return told;
    }
  }
  const committed = git(root, ['commit', ...options, '-m', message], {
    trust: 'commits',
    input: paths,
  });
  if (committed.kind === 'failed') {
    if (fresh.length > 0) {
      const remove = ['rm', '--cached', '--force', '--quiet', ...ofPaths];
      git(root, remove, { trust: 'commits', input: added });
    }
    return committed;
  }
  return map(git(root, ['rev-parse', 'HEAD']), (output) => output.trim());
}

const ambiguous = /^warning: refname '.*' is ambiguous/m;

/**
 * The commit that a revision (a branch, a tag, an id) names. It fails where that is several things: git itself would
 * take a tag `origin/main`, which anybody may have pushed, before the branch of `origin`.
 */
export function commitOf(root: string, revision: string): GitResult<string> {
  const words = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`];
  // Nothing comes before these, whatever else is called so.
  const isCertain = /^(?:HEAD|[0-9a-f]{40}|[0-9a-f]{64})$/.test(revision);
  const unless = isCertain ? {} : { unlessWarned: ambiguous };
  const found = map(git(root, words, unless), (output) => output.trim());
  if (found.kind === 'done') {
    return found;
  }
  if (ambiguous.test(found.reason)) {
    return { kind: 'failed', reason: `"${revision}" is ambiguous in this repository` };
  }
  return { kind: 'failed', reason: `"${revision}" is not a revision of this repository` };
}

/**
 * Makes a directory have the files of a commit, and nothing else, and leaves the work tree and the index
 * alone. The next commit only costs the files that differ.
 *
 * @param index absolute: a file that is kept beside the directory, and not there at first
 * @param trust whether objects that a partial clone lacks are fetched: how, its configuration says
 */
export function exportCommit(
  root: string,
  commit: string,
  directory: string,
  index: string,
  trust: 'asks' | 'fetches' = 'fetches',
): GitResult<void> {
  const quiet = ['--no-recurse-submodules', '--no-sparse-checkout'];
  const words = ['--work-tree', directory, 'read-tree', '--reset', '-u', ...quiet, commit];
  return map(git(root, words, { trust, index }), () => undefined);
}

/** Submodules in submodules are looked at so deep. */
const deepest = 20;

/**
 * Puts the files of submodules into a directory that has those of a commit: of each that is checked out in the
 * work tree, and whose commit is there. Nothing is fetched. Gives the paths of those that are not, relative to
 * the root.
 *
 * @param index absolute: where their indexes may be, with a suffix
 */
export function exportSubmodules(
  root: string,
  commit: string,
  directory: string,
  index: string,
  depth = 0,
): GitResult<readonly string[]> {
  const listed = git(root, ['ls-tree', '-r', '-z', '--full-tree', commit]);
  if (listed.kind === 'failed') {
    return listed;
  }
  const lacking: string[] = [];
  let count = 0;
  for (const entry of fields(listed.value)) {
    const [, id = '', path = ''] = /^160000 commit ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
    const inside = join(root, path);
    // Through a link it would be some other repository.
    if (id === '' || !existsSync(join(inside, '.git')) || realpathSync(inside) !== inside) {
      continue;
    }
    const own = `${index}-${count++}`;
    const target = join(directory, path);
    const done = exportCommit(inside, id, target, own, 'asks');
    if (done.kind === 'done') {
      // As in the work tree: what looks for definitions sees that it is another repository.
      makeDirectory(join(target, '.git'));
    }
    const deeper =
      done.kind === 'done' && depth < deepest
        ? exportSubmodules(inside, id, target, own, depth + 1)
        : done;
    if (deeper.kind === 'failed') {
      lacking.push(path);
    } else {
      lacking.push(...(deeper.value ?? []).map((each) => `${path}/${each}`));
    }
  }
  return { kind: 'done', value: lacking };
}

/**
 * The newest tag behind HEAD that matches a glob (`v1.2.3`), with the commits since and `-dirty`
 * where tracked files have changed: `v1.2.3-4-g0123abc-dirty`. Undefined where no tag matches.
 */
export function describeTag(directory: string, glob: string): GitResult<string | undefined> {
  return described(git(directory, ['describe', '--tags', '--dirty', '--match', glob]));
}

/** The same at a commit, where nothing is uncommitted. */
export function describeCommit(
  root: string,
  glob: string,
  commit: string,
): GitResult<string | undefined> {
  return described(git(root, ['describe', '--tags', '--match', glob, commit]));
}

function described(found: GitResult<string>): GitResult<string | undefined> {
  if (found.kind === 'done') {
    return { kind: 'done', value: found.value.trim() };
  }
  const none = /No (?:names|tags|annotated tags) (?:found|can describe)/.test(found.reason);
  return none ? { kind: 'done', value: undefined } : found;
}

function map<A, B>(result: GitResult<A>, change: (value: A) => B): GitResult<B> {
  return result.kind === 'done' ? { kind: 'done', value: change(result.value) } : result;
}

function fields(output: string): string[] {
  return output.split('\0').filter((field) => field !== '');
}
