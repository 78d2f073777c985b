import { type GitResult, git } from './ask.js';
import { currentBranch, upstreamOf } from './branches.js';

/** The best common ancestor of HEAD and a revision; undefined where none is known here. */
export function mergeBaseOf(root: string, revision: string): GitResult<string | undefined> {
  const found = git(root, ['merge-base', '--end-of-options', 'HEAD', revision]);
  if (found.kind === 'done') {
    return { kind: 'done', value: found.value.trim() };
  }
  // It ends with 1 and says nothing where there is none.
  return found.reason.endsWith(' ended with status 1') ? { kind: 'done', value: undefined } : found;
}

/** A branch of a remote, as far as it is known here. */
export interface RemoteBranch {
  readonly remote: string;
  /** Its name there, as `main`. */
  readonly branch: string;
}

/** The reference that this clone keeps of it. */
export function trackingRef({ remote, branch }: RemoteBranch): string {
  return `refs/remotes/${remote}/${branch}`;
}

/**
 * The branch of a remote that what is checked out goes to: the one that the local branch follows, unless that
 * is itself as it was pushed; else the remote's main one, where this clone knows it. Undefined: git does not say.
 */
export function targetBranch(root: string): RemoteBranch | undefined {
  const current = currentBranch(root);
  const branch = current.kind === 'done' ? current.value : undefined;
  const found = branch === undefined ? undefined : upstreamOf(root, branch);
  const upstream = found?.kind === 'done' ? found.value : undefined;
  if (upstream !== undefined && upstream.branch !== branch && upstream.remote !== '.') {
    return upstream;
  }
  return mainBranch(root, upstream?.remote);
}

/** `origin`, or the only one that there is. */
export function remoteOf(root: string): string | undefined {
  const found = git(root, ['config', '--get-regexp', '--name-only', '^remote\\..*\\.url$']);
  const names =
    found.kind === 'done'
      ? [...new Set(found.value.split('\n').filter((key) => key !== ''))].map((key) =>
          key.slice('remote.'.length, -'.url'.length),
        )
      : [];
  return names.includes('origin') ? 'origin' : names.length === 1 ? names[0] : undefined;
}

/** What `REMOTE/HEAD` names. */
export function mainBranch(root: string, remote = remoteOf(root)): RemoteBranch | undefined {
  if (remote === undefined) {
    return undefined;
  }
  const head = git(root, ['symbolic-ref', '--quiet', `refs/remotes/${remote}/HEAD`]);
  const prefix = `refs/remotes/${remote}/`;
  const ref = head.kind === 'done' ? head.value.trim() : '';
  return ref.startsWith(prefix) ? { remote, branch: ref.slice(prefix.length) } : undefined;
}

/** The short names of all branches and tags that this clone knows. */
export function revisionNames(root: string): readonly string[] {
  const words = ['--format=%(refname:short)', 'refs/heads', 'refs/remotes', 'refs/tags'];
  const found = git(root, ['for-each-ref', ...words]);
  return found.kind === 'done' ? found.value.split('\n').filter((name) => name !== '') : [];
}

/** The whole names of what git may mean by the short name of a reference, in its order. */
export function referencesCalled(root: string, name: string): readonly string[] {
  const candidates = ['refs', 'refs/tags', 'refs/heads', 'refs/remotes'].map(
    (folder) => `${folder}/${name}`,
  );
  candidates.push(`refs/remotes/${name}/HEAD`);
  const found = git(root, ['for-each-ref', '--format=%(refname)', ...candidates]);
  const all = new Set(found.kind === 'done' ? found.value.split('\n') : []);
  return candidates.filter((candidate) => all.has(candidate));
}

/** Whether the clone lacks older commits; false where git does not say. */
export function isShallow(root: string): boolean {
  const found = git(root, ['rev-parse', '--is-shallow-repository']);
  return found.kind === 'done' && found.value.trim() === 'true';
}

/** Whether the clone fetches files when they are wanted (`git clone --filter`). */
export function isPartial(root: string): boolean {
  const words = ['config', '--get-regexp', '^(extensions\\.partialclone|remote\\..*\\.promisor)$'];
  return git(root, words).kind === 'done';
}
