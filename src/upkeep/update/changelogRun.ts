import { gitConfig } from '#adapters/git/git.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { lookAt } from '#core/files/lookAt.js';
import { whyNot } from '#core/files/paths.js';
import { readInside } from '#core/files/readInside.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import { findAuthor } from '../versioning/author.js';
import { momentOf } from '../versioning/clock.js';
import { applyEdits, stillCommitting, takeBack, unfinishedEdits } from './applyEdits.js';
import type { ChangelogEdit, EditContext } from './changelogEdit.js';
import { prepareCommit } from './commitEdits.js';
import { changelogEdits, type EditKind } from './editKind.js';
import { journalFile } from './journal.js';

/** What writing changelogs asks of the process that it runs in. */
export interface ChangelogHost {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
}

/** The moment, the author and the files, as the process has them. */
export function editContext(host: ChangelogHost): Outcome<EditContext | undefined> {
  const moment = momentOf(host.env, host.now());
  if (moment === undefined) {
    const value = JSON.stringify(host.env.SOURCE_DATE_EPOCH);
    const message = `SOURCE_DATE_EPOCH is not a number of seconds: ${value}`;
    const hint = 'set it to seconds since 1970, or unset it';
    return { value: undefined, diagnostics: [error('source-date-epoch', message, { hint })] };
  }
  return { value: { moment, authorOf: authors(host), read: readText }, diagnostics: [] };
}

/** Asks git at most once for each key, and only when the environment leaves it to git. */
function authors({ cwd, env }: ChangelogHost): (tree: Tree) => string {
  const known = new Map<string, string | undefined>();
  const git = (key: string): string | undefined => {
    if (!known.has(key)) {
      known.set(key, gitConfig(cwd, key));
    }
    return known.get(key);
  };
  return ({ config }) => {
    const fallback = { author: config.fallbackAuthor, email: config.fallbackEmail };
    return findAuthor(env, git, fallback);
  };
}

function readText(
  file: string,
  shown: string,
  { directory, boundary }: Tree,
): Outcome<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = readInside(file, { own: directory, boundary });
  } catch (cause) {
    const problem = error('changelog-unreadable', `the changelog ${whyNot(cause)}`, {
      place: { file: shown },
    });
    return { value: undefined, diagnostics: [problem] };
  }
  return decodeUtf8(shown, bytes);
}

export type ChangelogStart =
  | { readonly kind: 'clear' }
  /** An earlier run was interrupted: `problem` says so. Nothing but a dry run may begin. */
  | { readonly kind: 'unfinished'; readonly problem: Diagnostic }
  /** What the interrupted run wrote was taken back, but for these files, which were changed since. */
  | { readonly kind: 'recovered'; readonly left: readonly string[] };

export interface BeginOptions {
  /** Take back what the interrupted run wrote. */
  readonly recover: boolean;
  /** Change nothing, not even the traces. */
  readonly dryRun: boolean;
  /** The directories of images: an interrupted run wrote nowhere else. Asked for traces only. */
  readonly directories: () => readonly string[];
  /** What the runs write; absent: changelogs. */
  readonly kind?: EditKind;
}

/** Looks for the traces of an interrupted run; with `recover` takes back what it wrote. */
export function beginChangelogs(
  { cwd }: Pick<ChangelogHost, 'cwd'>,
  { recover, dryRun, directories, kind = changelogEdits }: BeginOptions,
): ChangelogStart {
  const file = journalFile(cwd, kind);
  if (lookAt(file) === undefined) {
    return { kind: 'clear' };
  }
  const found = unfinishedEdits(file, directories(), kind);
  switch (found.kind) {
    case 'nothing':
      return { kind: 'clear' };
    case 'unusable':
      return { kind: 'unfinished', problem: found.problem };
    case 'committed':
      if (!dryRun) {
        takeBack(file, found.journal);
      }
      return { kind: 'clear' };
    case 'interrupted': {
      const problem = recover ? stillCommitting(found.journal) : found.problem;
      return problem === undefined
        ? { kind: 'recovered', left: takeBack(file, found.journal) }
        : { kind: 'unfinished', problem };
    }
  }
}

/**
 * Writes the edits, with one commit of this message if it is given. The problem where that failed:
 * then every changelog is as it was.
 *
 * @param pending absolute: files with versions that the edits count on, which a commit must not leave behind
 */
export function writeChangelogs(
  { cwd }: ChangelogHost,
  edits: readonly ChangelogEdit[],
  commitMessage: string | undefined,
  pending: readonly string[] = [],
): Diagnostic | undefined {
  const journal = journalFile(cwd);
  if (commitMessage === undefined || edits.length === 0) {
    return applyEdits(edits, journal);
  }
  const prepared = prepareCommit(edits, pending);
  if (prepared.kind === 'refused') {
    return prepared.problem;
  }
  const { head, commit } = prepared;
  return applyEdits(edits, journal, {
    follow: () => commit(commitMessage),
    ...(head === undefined ? {} : { head }),
  });
}
