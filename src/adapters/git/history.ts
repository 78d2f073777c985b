import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { whyNot } from '#core/files/paths.js';
import { type GitResult, git, nearestWorkTree } from './ask.js';

/** A commit, with what it changed. */
export interface Change {
  /** The whole id, in hexadecimal. */
  readonly commit: string;
  /** Seconds since 1970, of the committer. */
  readonly time: number;
  /** The first line of its message. */
  readonly subject: string;
  /** Relative to the root; of a merge what it brought. */
  readonly files: readonly string[];
}

/** What became of the files of one work tree, as its current commit sees it. */
export interface History {
  /** Absolute, links resolved. */
  readonly root: string;
  /**
   * The changes one by one, the newest first: along first parents, where a merge is one change. So
   * whatever changes a file gets a commit that no earlier state had. A failure ends it.
   */
  changes(): Generator<GitResult<Change>, void>;
  /** Files that are not as the commit has them, untracked ones that git does not ignore included. */
  uncommitted(): GitResult<readonly string[]>;
  /** The submodules, relative to the root: their files are in no commit of this repository. */
  submodules(): GitResult<readonly string[]>;
}

/**
 * The history of the work tree that a directory is in; `failed` where there is none. `shallow`: the
 * clone has only the newest commits, and the oldest one of these seems to bring every file.
 */
export type FindHistory = (
  directory: string,
) =>
  | GitResult<History>
  | { readonly kind: 'shallow'; readonly root: string; readonly value: History };

/** Asks git once for each work tree. */
export function gitHistories(): FindHistory {
  const known = new Map<string, ReturnType<FindHistory>>();
  return (directory) => {
    let root: string | undefined;
    try {
      root = nearestWorkTree(realpathSync(directory));
    } catch (cause) {
      return { kind: 'failed', reason: `${directory} ${whyNot(cause)}` };
    }
    if (root === undefined) {
      return { kind: 'failed', reason: 'this is not a git repository' };
    }
    let found = known.get(root);
    if (found === undefined) {
      found = historyOf(root);
      known.set(root, found);
    }
    return found;
  };
}

/** The history of a copy that has all files of a commit and no repository. */
export function historyOfCommit(root: string, commit: string, copy: string): FindHistory {
  return () => {
    const found = historyOf(root, commit);
    return found.kind === 'done' ? { kind: 'done', value: { ...found.value, root: copy } } : found;
  };
}

function historyOf(root: string, commit?: string): ReturnType<FindHistory> {
  const shallow = git(root, ['rev-parse', '--is-shallow-repository']);
  if (shallow.kind === 'failed') {
    return shallow;
  }
  const batches = new Batches(root, commit ?? 'HEAD');
  let uncommitted: GitResult<readonly string[]> | undefined;
  const value: History = {
    root,
    changes: () => batches.changes(),
    uncommitted: () => {
      uncommitted ??= commit === undefined ? uncommittedIn(root) : { kind: 'done', value: [] };
      return uncommitted;
    },
    submodules: () => submodulesIn(root),
  };
  return shallow.value.trim() === 'true'
    ? { kind: 'shallow', root, value }
    : { kind: 'done', value };
}

/** Most images changed lately; few need all of a long history. */
const firstBatch = 500;
const growth = 10;

/** Reads the log a batch at a time, and remembers it for who asks next. */
class Batches {
  readonly #root: string;
  readonly #revision: string;
  readonly #known: GitResult<Change>[] = [];
  #next = firstBatch;
  #isWhole = false;

  constructor(root: string, revision: string) {
    this.#root = root;
    this.#revision = revision;
  }

  *changes(): Generator<GitResult<Change>, void> {
    for (let at = 0; ; at++) {
      if (at === this.#known.length && !this.#isWhole) {
        this.#read();
      }
      const change = this.#known[at];
      if (change === undefined) {
        return;
      }
      yield change;
    }
  }

  #read(): void {
    const log = git(this.#root, [
      'log',
      '--first-parent',
      '--diff-merges=first-parent',
      '--name-only',
      '--no-renames',
      '--no-ext-diff',
      '--no-textconv',
      '--no-show-signature',
      '--no-color',
      '-z',
      '--format=%x01%H %ct %s',
      `--skip=${this.#known.length}`,
      `--max-count=${this.#next}`,
      '--end-of-options',
      this.#revision,
      '--',
    ]);
    if (log.kind === 'failed') {
      const isUnborn = /bad revision|does not have any commits/.test(log.reason);
      this.#known.push(isUnborn ? { kind: 'failed', reason: 'it has no commit yet' } : log);
      this.#isWhole = true;
      return;
    }
    const changes = changesIn(log.value);
    this.#known.push(...changes.map((value) => ({ kind: 'done', value }) as const));
    this.#isWhole = changes.length < this.#next;
    this.#next *= growth;
  }
}

/** A commit begins with a byte 1, which no name that git prints begins with unless somebody means it. */
function changesIn(output: string): readonly Change[] {
  const changes: { commit: string; time: number; subject: string; files: string[] }[] = [];
  for (const field of output.split('\0')) {
    const head = /^\n?\x01([0-9a-f]{40,64}) (\d+) (.*)$/s.exec(field);
    if (head !== null) {
      const [, commit = '', time, subject = ''] = head;
      changes.push({ commit, time: Number(time), subject, files: [] });
    } else if (field !== '') {
      changes.at(-1)?.files.push(field.replace(/^\n/, ''));
    }
  }
  return changes;
}

/**
 * Submodules are asked one by one: git would let their own configuration name programs. Paths are
 * relative to the root.
 */
function uncommittedIn(root: string, depth = 0): GitResult<readonly string[]> {
  const words = ['--porcelain=v1', '--no-renames', '--untracked-files=all'];
  const status = git(root, ['status', ...words, '--ignore-submodules=dirty', '-z']);
  if (status.kind === 'failed') {
    return status;
  }
  const files = fields(status.value).map((entry) => entry.slice(3));
  const submodules = submodulesIn(root);
  if (submodules.kind === 'failed') {
    return submodules;
  }
  for (const path of submodules.value) {
    // One that was never checked out has no files.
    if (!existsSync(join(root, path, '.git'))) {
      continue;
    }
    const inner =
      depth < deepest
        ? uncommittedIn(join(root, path), depth + 1)
        : ({ kind: 'failed', reason: `submodules are nested more than ${deepest} deep` } as const);
    if (inner.kind === 'failed') {
      return inner;
    }
    files.push(...inner.value.map((file) => `${path}/${file}`));
  }
  return { kind: 'done', value: files };
}

const deepest = 20;

function submodulesIn(root: string): GitResult<readonly string[]> {
  const tracked = git(root, ['ls-files', '--stage', '-z']);
  return tracked.kind === 'failed'
    ? tracked
    : {
        kind: 'done',
        value: fields(tracked.value).flatMap(
          (entry) => /^160000 .*?\t(.*)$/s.exec(entry)?.[1] ?? [],
        ),
      };
}

function fields(output: string): string[] {
  return output.split('\0').filter((field) => field !== '');
}
