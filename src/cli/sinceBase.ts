import { commitOf, workTreeOf } from '#adapters/git/git.js';
import {
  isShallow,
  mergeBaseOf,
  type RemoteBranch,
  referencesCalled,
  remoteOf,
  revisionNames,
  targetBranch,
  trackingRef,
} from '#adapters/git/mergeBase.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { didYouMean } from '#core/text/suggest.js';
import { quoted } from './nextStep.js';
import type { Io } from './terminal/io.js';

/** What `--since` compares with. */
export interface Base {
  /** Of the work tree: absolute, without links. */
  readonly root: string;
  /** The whole id. */
  readonly commit: string;
  /** As the user named it; else the branch whose merge base it is. */
  readonly name: string;
  /** The same for people, with the commit. */
  readonly shown: string;
}

/** The options that name a commit. */
type Option = '--since' | '--policy-from';

type Found = { readonly kind: 'base'; readonly base: Base } | Refused;

interface Refused {
  readonly kind: 'refused';
  readonly problem: Diagnostic;
}

function refused(option: Option, message: string, hint?: string): Refused {
  const code = option === '--since' ? 'since' : 'policy-from';
  const problem = error(code, `${option}: ${message}`, hint === undefined ? {} : { hint });
  return { kind: 'refused', problem };
}

/**
 * The commit to compare with: the one that a revision names (`REV...`: its merge base with HEAD), or where
 * none is named
 *
 * - in a pipeline of a GitLab merge request the base that GitLab gives (CI_MERGE_REQUEST_DIFF_BASE_SHA),
 * - in a GitHub workflow of a pull request the merge base with its base branch (GITHUB_BASE_REF),
 * - else the merge base with the branch of the remote that what is checked out goes to (`targetBranch`).
 */
export function baseOf(
  revision: string | undefined,
  { cwd, env }: Pick<Io, 'cwd' | 'env'>,
  option: Option = '--since',
): Found {
  const top = workTreeOf(cwd);
  if (top.kind === 'failed') {
    return refused(option, top.reason, 'run it in the git repository that the trees are in');
  }
  const root = top.value;
  if (revision !== undefined) {
    const symmetric = /^(.+)\.\.\.$/.exec(revision)?.[1];
    return symmetric === undefined
      ? named(option, root, revision)
      : forked(option, root, symmetric);
  }
  const given = env.CI_MERGE_REQUEST_DIFF_BASE_SHA ?? '';
  if (given !== '') {
    return named(option, root, given);
  }
  const target = targetIn(root, env);
  if (target === undefined) {
    const remote = remoteOf(root);
    const hint =
      remote === undefined
        ? `name a revision: ${option} REV`
        : `name the branch, as ${option} ${remote}/main..., or run: git remote set-head ${quoted(remote)} --auto`;
    return refused(option, 'this clone does not know which branch HEAD left', hint);
  }
  return forked(option, root, `${target.remote}/${target.branch}`, target);
}

function targetIn(root: string, env: Io['env']): RemoteBranch | undefined {
  const branch = env.GITHUB_BASE_REF ?? '';
  if (branch !== '') {
    return { remote: remoteOf(root) ?? 'origin', branch };
  }
  const known = targetBranch(root);
  const main = env.CI_DEFAULT_BRANCH ?? '';
  return known ?? (main === '' ? undefined : { remote: remoteOf(root) ?? 'origin', branch: main });
}

function named(option: Option, root: string, revision: string): Found {
  const commit = commitOf(root, revision);
  return commit.kind === 'done'
    ? baseAt(root, commit.value, revision)
    : refused(option, commit.reason, unknownHint(option, root, revision));
}

/** The merge base of HEAD and a revision. */
function forked(option: Option, root: string, revision: string, target?: RemoteBranch): Found {
  const asked = target === undefined ? revision : trackingRef(target);
  const commit = commitOf(root, asked);
  if (commit.kind === 'failed') {
    return target === undefined
      ? refused(option, commit.reason, unknownHint(option, root, revision))
      : refused(option, `this clone does not have the branch ${revision}`, fetchLine(root, target));
  }
  const base = mergeBaseOf(root, commit.value);
  if (base.kind === 'failed') {
    return refused(option, base.reason);
  }
  if (base.value !== undefined) {
    return baseAt(root, base.value, revision, `merge base with ${revision}`);
  }
  if (!isShallow(root)) {
    return refused(
      option,
      `HEAD and ${revision} have no common commit`,
      `name a revision: ${option} REV`,
    );
  }
  const message = `the clone is shallow, and has no common commit of HEAD and ${revision}`;
  return refused(option, message, fetchLine(root, target ?? branchAmong(root, revision)));
}

function baseAt(root: string, commit: string, name: string, words = name): Found {
  const short = commit.slice(0, 12);
  const shown = commit.startsWith(name) ? short : `${words} (${short})`;
  return { kind: 'base', base: { root, commit, name, shown } };
}

/** The line that brings what is missing: of a shallow clone what is below HEAD too. */
function fetchLine(root: string, target: RemoteBranch | undefined): string {
  const { remote, branch } = target ?? { remote: remoteOf(root) ?? 'origin' };
  const words = ['git', 'fetch', '--no-tags', remote];
  if (branch !== undefined) {
    words.push(`+refs/heads/${branch}:${trackingRef({ remote, branch })}`);
  }
  const head = commitOf(root, 'HEAD');
  if (isShallow(root)) {
    words.splice(2, 0, '--unshallow');
    words.push(...(head.kind === 'done' ? [head.value] : []));
  }
  return words.map(quoted).join(' ');
}

function branchAmong(root: string, revision: string): RemoteBranch | undefined {
  const remote = remoteOf(root);
  const name = revision.replace(/^refs\/remotes\//, '');
  return remote !== undefined && name.startsWith(`${remote}/`)
    ? { remote, branch: name.slice(remote.length + 1) }
    : undefined;
}

/** What to do where a revision is not known: it is misspelt, was not fetched, is several things, or no revision at all. */
function unknownHint(option: Option, root: string, revision: string): string {
  const name = revision.replace(/(?:[~^:]|@\{).*$/s, '');
  const called = referencesCalled(root, name);
  // A name may be the beginning of a commit's id, too.
  if (called.length > 1 || (called.length === 1 && /^[0-9a-f]{4,}$/.test(name))) {
    return `write its whole name: ${called.map(quoted).join(' or ')}`;
  }
  const range = /^(.+?)\.{2,3}[^.]*$/.exec(revision)?.[1];
  if (range !== undefined) {
    return `a range has two ends: write ${quoted(range)}, or ${quoted(`${range}...`)} for its merge base with HEAD`;
  }
  const branch = branchAmong(root, revision);
  // A shallow clone has few branches: that one is misspelt is less likely than that it was not fetched.
  const meant = didYouMean(revision, revisionNames(root));
  if (meant !== undefined && (branch === undefined || !isShallow(root))) {
    return meant;
  }
  if (branch !== undefined) {
    return fetchLine(root, branch);
  }
  const remote = remoteOf(root);
  if (remote !== undefined && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(revision)) {
    return ['git', 'fetch', '--no-tags', remote, revision].map(quoted).join(' ');
  }
  return `name a branch, tag or commit; write directories and images before ${option}`;
}
