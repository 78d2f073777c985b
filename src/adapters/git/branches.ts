import type { GitResult } from './ask.js';
import { git, gitRemote } from './ask.js';

/** The branch that a local one follows. */
export interface Upstream {
  readonly remote: string;
  /** Its name there, as `main`. */
  readonly branch: string;
  /** What is known of it here: `refs/remotes/origin/main`. */
  readonly tracking: string;
}

/** The branch that is checked out; undefined where HEAD is at a commit alone. */
export function currentBranch(root: string): GitResult<string | undefined> {
  const found = git(root, ['branch', '--show-current']);
  return found.kind === 'done' ? { kind: 'done', value: found.value.trim() || undefined } : found;
}

/** Undefined where it follows none. */
export function upstreamOf(root: string, branch: string): GitResult<Upstream | undefined> {
  const format = '%(upstream:remotename)%00%(upstream:remoteref)%00%(upstream)';
  const found = git(root, ['for-each-ref', `--format=${format}`, `refs/heads/${branch}`]);
  if (found.kind === 'failed') {
    return found;
  }
  const [remote = '', ref = '', tracking = ''] = found.value.trimEnd().split('\0');
  const isThere = remote !== '' && ref.startsWith('refs/heads/') && tracking !== '';
  const value = { remote, branch: ref.slice('refs/heads/'.length), tracking };
  return { kind: 'done', value: isThere ? value : undefined };
}

/** Whether git takes a text as the name of a branch. */
export function isBranchName(root: string, name: string): boolean {
  return git(root, ['check-ref-format', '--branch', name]).kind === 'done';
}

/** The commits that a revision has and none of the others has, the newest first, with their messages. */
export function commitsOnly(
  root: string,
  of: string,
  without: readonly string[],
): GitResult<readonly { readonly id: string; readonly message: string }[]> {
  const others = without.map((each) => `^${each}`);
  const words = ['log', '--no-show-signature', '-z', '--format=%H%n%B', of, ...others, '--'];
  const found = git(root, words);
  if (found.kind === 'failed') {
    return found;
  }
  const value = found.value
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const end = entry.indexOf('\n');
      return { id: entry.slice(0, end), message: entry.slice(end + 1) };
    });
  return { kind: 'done', value };
}

/** Tracked files of the work tree with changes that are not committed. */
export function changedFiles(root: string): GitResult<readonly string[]> {
  const words = ['status', '--porcelain=v1', '--no-renames', '--untracked-files=no'];
  const found = git(root, [...words, '--ignore-submodules=all', '-z']);
  return found.kind === 'failed'
    ? found
    : {
        kind: 'done',
        value: found.value
          .split('\0')
          .filter((entry) => entry !== '')
          .map((entry) => entry.slice(3)),
      };
}

/** Checks a branch out as it is. */
export function switchTo(root: string, branch: string): GitResult<void> {
  return done(git(root, ['switch', '--quiet', '--no-guess', branch], { trust: 'checks-out' }));
}

/** Makes a branch anew at another one, which it follows then, and checks it out. */
export function switchAnew(root: string, branch: string, at: string): GitResult<void> {
  const words = ['switch', '--quiet', '--track=direct', '-C', branch, at];
  return done(git(root, words, { trust: 'checks-out' }));
}

/** Takes the checked out branch back to a commit, without a change of the user's; fails where that is not possible. */
export function resetTo(root: string, commit: string): GitResult<void> {
  return done(git(root, ['reset', '--quiet', '--keep', commit], { trust: 'checks-out' }));
}

/** The commit that a branch of a remote is at; undefined where it has no such branch. */
export async function remoteTip(
  root: string,
  remote: string,
  branch: string,
  signal: AbortSignal,
): Promise<GitResult<string | undefined>> {
  const words = ['ls-remote', '--quiet', '--', remote, `refs/heads/${branch}`];
  const found = await gitRemote(root, words, signal);
  return found.kind === 'done'
    ? { kind: 'done', value: found.value.split('\t')[0]?.trim() || undefined }
    : found;
}

/** Pushes HEAD to a branch of a remote, and no hook runs; refused where that is not a fast-forward. */
export async function pushHead(
  root: string,
  remote: string,
  branch: string,
  signal: AbortSignal,
): Promise<GitResult<void>> {
  const to = `HEAD:refs/heads/${branch}`;
  return done(await gitRemote(root, ['push', '--quiet', '--no-verify', '--', remote, to], signal));
}

/** Fetches what a branch of a remote has, and moves what is known of it here. */
export async function fetchBranch(
  root: string,
  remote: string,
  branch: string,
  signal: AbortSignal,
): Promise<GitResult<void>> {
  const words = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--', remote];
  return done(await gitRemote(root, [...words, `refs/heads/${branch}`], signal));
}

function done(result: GitResult<string>): GitResult<void> {
  return result.kind === 'done' ? { kind: 'done', value: undefined } : result;
}
