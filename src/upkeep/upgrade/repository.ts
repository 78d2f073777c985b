import {
  changedFiles,
  commitsOnly,
  currentBranch,
  fetchBranch,
  isBranchName,
  pushHead,
  remoteTip,
  resetTo,
  switchAnew,
  switchTo,
  type Upstream,
  upstreamOf,
} from '#adapters/git/branches.js';
import { commitOf } from '#adapters/git/git.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { some } from '#core/text/some.js';
import { isUpgradeMessage } from './planEdits.js';

/** What the command line says of branches. */
export interface BranchOptions {
  /** The branch for the commits, made anew from the upstream one; absent: the one that is checked out. */
  readonly branch?: string;
  /** The remote that commits are pushed to; absent: none. */
  readonly push?: string;
}

/** The branch that commits are made on, and where they go. */
export interface OpenedBranch {
  readonly root: string;
  readonly branch: string;
  /** Absent: nothing is pushed. */
  readonly target?: { readonly remote: string; readonly branch: string };
  readonly upstream?: Upstream;
  /** The branch is of its own, for people to merge. */
  readonly isProposal: boolean;
}

export type Opening<T> =
  | { readonly kind: 'ready'; readonly value: T }
  | { readonly kind: 'refused'; readonly problem: Diagnostic };

/** Finds the branch, and with `branch` checks that one out: anew, where it is not built on the upstream branch as it is now. */
export function openBranch(root: string, { branch, push }: BranchOptions): Opening<OpenedBranch> {
  const current = currentBranch(root);
  if (current.kind === 'failed') {
    return refused('branch-refused', `git does not tell the branch: ${current.reason}`);
  }
  if (current.value === undefined) {
    const hint = 'check a branch out: git switch BRANCH';
    return refused('branch-refused', 'no branch is checked out', hint);
  }
  const found = upstreamOf(root, current.value);
  if (found.kind === 'failed') {
    return refused('branch-refused', `git does not tell the upstream branch: ${found.reason}`);
  }
  const upstream = found.value;
  if (branch !== undefined) {
    if (upstream === undefined) {
      const hint = 'say which: git branch --set-upstream-to REMOTE/BRANCH';
      const message = `the branch ${current.value} has no upstream branch, which ${branch} would be made from`;
      return refused('branch-refused', message, hint);
    }
    const problem = checkOut(root, branch, current.value, upstream);
    if (problem !== undefined) {
      return { kind: 'refused', problem };
    }
  }
  // As git's own push.default: a branch with a proposal on it tracks the one that people merge it into.
  if (
    branch === undefined &&
    push !== undefined &&
    (upstream?.branch ?? current.value) !== current.value
  ) {
    const message = `the branch ${current.value} would be pushed to ${upstream?.branch}, which has another name`;
    const hint = `git switch ${upstream?.branch}, or name the branch: --branch ${current.value}`;
    return refused('branch-refused', message, hint);
  }
  const target = { remote: push ?? '', branch: branch ?? upstream?.branch ?? current.value };
  return {
    kind: 'ready',
    value: {
      root,
      branch: branch ?? current.value,
      isProposal: branch !== undefined,
      ...(push === undefined ? {} : { target }),
      ...(upstream === undefined ? {} : { upstream }),
    },
  };
}

function checkOut(
  root: string,
  branch: string,
  current: string,
  { branch: main, tracking }: Upstream,
): Diagnostic | undefined {
  const refuse = (message: string, hint?: string) => problemOf('branch-refused', message, hint);
  if (!isBranchName(root, branch)) {
    return refuse(`"${branch}" cannot be the name of a branch`);
  }
  if (branch === main) {
    const hint = 'leave out --branch to commit there, or choose another name';
    return refuse(`${branch} is the upstream branch itself`, hint);
  }
  const changed = changedFiles(root);
  if (changed.kind === 'failed') {
    return refuse(`git does not tell what has changed: ${changed.reason}`);
  }
  if (changed.value.length > 0) {
    const message = `files have changes that are not committed: ${some(changed.value, 3)}`;
    return refuse(message, 'commit them first, or take them back with `git restore`');
  }
  const local = `refs/heads/${branch}`;
  if (commitOf(root, local).kind === 'done') {
    const missing = commitsOnly(root, tracking, [local]);
    const own = commitsOnly(root, local, [tracking]);
    if (missing.kind === 'failed' || own.kind === 'failed') {
      return refuse(`git does not tell what ${branch} has`);
    }
    if (missing.value.length === 0) {
      const switched = branch === current ? undefined : switchTo(root, branch);
      return switched?.kind === 'failed' ? refuse(switched.reason) : undefined;
    }
    const others = own.value.filter(({ message }) => !isUpgradeMessage(message));
    if (others.length > 0) {
      const message = `the branch ${branch} has ${countOf(others.length)} of somebody else: ${idsOf(others)}`;
      return refuse(message, 'merge or delete that branch, or choose another name');
    }
  }
  const switched = switchAnew(root, branch, tracking);
  return switched.kind === 'failed' ? refuse(switched.reason) : undefined;
}

/** What was found before anything is pushed. */
export interface BeforePush {
  /** Commits of earlier runs that were never pushed. */
  readonly unpushed: number;
  /** Commits of earlier runs that were taken back, since the remote has others by now. */
  readonly takenBack: number;
}

/**
 * Whether commits can be pushed: the branch has what the remote has, and otherwise only commits of earlier runs. Where the
 * remote has moved on, those are taken back.
 */
export async function beforePush(
  { root, target, upstream, isProposal }: OpenedBranch,
  signal: AbortSignal,
): Promise<Opening<BeforePush>> {
  if (target === undefined) {
    return { kind: 'ready', value: { unpushed: 0, takenBack: 0 } };
  }
  const { remote } = target;
  const tip = await remoteTip(root, remote, target.branch, signal);
  if (tip.kind === 'failed') {
    return refused('push-refused', `${remote} cannot be asked: ${firstLine(tip.reason)}`);
  }
  if (tip.value === undefined && !isProposal) {
    const hint = `push it first: git push ${remote} HEAD:${target.branch}`;
    return refused('push-refused', `${remote} has no branch ${target.branch}`, hint);
  }
  const known = isProposal && upstream !== undefined ? [upstream.tracking] : [];
  const isHere = tip.value === undefined || commitOf(root, tip.value).kind === 'done';
  const missing =
    tip.value === undefined || !isHere ? undefined : commitsOnly(root, tip.value, ['HEAD']);
  if (
    isHere &&
    (missing === undefined || (missing.kind === 'done' && missing.value.length === 0))
  ) {
    const bases = [...(tip.value === undefined ? [] : [tip.value]), ...known];
    const own = commitsOnly(root, 'HEAD', bases);
    if (own.kind === 'failed') {
      return refused('push-refused', own.reason);
    }
    const strange = strangeCommits(own.value, remote);
    return strange === undefined
      ? { kind: 'ready', value: { unpushed: own.value.length, takenBack: 0 } }
      : { kind: 'refused', problem: strange };
  }
  if (isProposal) {
    const message = `${remote} has another ${target.branch}, which this one is not a continuation of`;
    const hint = `merge it, or delete it there: git push ${remote} --delete ${target.branch}`;
    return refused('push-refused', message, hint);
  }
  return takeBack(root, target, tip.value ?? '', signal);
}

async function takeBack(
  root: string,
  target: NonNullable<OpenedBranch['target']>,
  tip: string,
  signal: AbortSignal,
): Promise<Opening<BeforePush>> {
  const { remote } = target;
  const fetched = await fetchBranch(root, remote, target.branch, signal);
  if (fetched.kind === 'failed') {
    const reason = firstLine(fetched.reason);
    return refused('push-refused', `what ${remote} has cannot be fetched: ${reason}`);
  }
  const own = commitsOnly(root, 'HEAD', [tip]);
  if (own.kind === 'failed') {
    return refused('push-refused', own.reason);
  }
  const strange = strangeCommits(own.value, remote);
  if (strange !== undefined) {
    return { kind: 'refused', problem: strange };
  }
  const moved = resetTo(root, tip);
  if (moved.kind === 'failed') {
    const message = `${remote}/${target.branch} has commits that are not here: ${firstLine(moved.reason)}`;
    return refused('push-refused', message, `git pull ${remote} ${target.branch}`);
  }
  return { kind: 'ready', value: { unpushed: 0, takenBack: own.value.length } };
}

/** Pushes what was committed; the problem where that was refused: then nobody else has it. */
export async function pushCommits(
  { root, branch, target }: OpenedBranch,
  signal: AbortSignal,
): Promise<Diagnostic | undefined> {
  if (target === undefined) {
    return undefined;
  }
  const pushed = await pushHead(root, target.remote, target.branch, signal);
  if (pushed.kind === 'done') {
    return undefined;
  }
  const message = `git push to ${target.remote} failed: ${firstLine(pushed.reason)}`;
  const hint = `the commit is on ${branch}, and nothing was built or published; run this again: it begins with what ${target.remote} has`;
  return problemOf('push-refused', message, hint);
}

function strangeCommits(
  own: readonly { readonly id: string; readonly message: string }[],
  remote: string,
): Diagnostic | undefined {
  const others = own.filter(({ message }) => !isUpgradeMessage(message));
  if (others.length === 0) {
    return undefined;
  }
  const message = `${countOf(others.length)} that upgrade did not make ${others.length === 1 ? 'is' : 'are'} not pushed: ${idsOf(others)}`;
  return problemOf('push-refused', message, `push first: git push ${remote}`);
}

function idsOf(commits: readonly { readonly id: string }[]): string {
  return some(
    commits.map(({ id }) => id.slice(0, 12)),
    3,
  );
}

function countOf(commits: number): string {
  return commits === 1 ? '1 commit' : `${commits} commits`;
}

/** Of what git says in several lines: why a push was rejected, else the first that is not about where to. */
function firstLine(said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  const rejected = lines.find((line) => line.startsWith('! ['));
  const rest = lines.filter((line) => line !== '' && !line.startsWith('To '));
  return rejected?.replace(/^! /, '').replace(/\s+/g, ' ') ?? rest[0] ?? said;
}

function refused<T>(
  code: 'branch-refused' | 'push-refused',
  message: string,
  hint?: string,
): Opening<T> {
  return { kind: 'refused', problem: problemOf(code, message, hint) };
}

function problemOf(
  code: 'branch-refused' | 'push-refused',
  message: string,
  hint?: string,
): Diagnostic {
  return error(code, message, hint === undefined ? {} : { hint });
}
