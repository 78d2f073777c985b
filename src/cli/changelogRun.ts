import { readFileSync } from 'node:fs';
import { gitConfig } from '#adapters/git/git.js';
import { unifiedDiff } from '#compiler/render/diff.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import { applyEdits, takeBack, unfinishedEdits } from '#upkeep/update/applyEdits.js';
import type { ChangelogEdit, EditContext } from '#upkeep/update/changelogEdit.js';
import { prepareCommit } from '#upkeep/update/commitEdits.js';
import { journalFile } from '#upkeep/update/journal.js';
import { findAuthor } from '#upkeep/versioning/author.js';
import { momentOf } from '#upkeep/versioning/clock.js';
import type { ChangelogInput } from './line/options.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/** The moment, the author and the files, as the process has them. */
export function editContext(io: Io): Outcome<EditContext | undefined> {
  const moment = momentOf(io.env, io.now());
  if (moment === undefined) {
    const message = `SOURCE_DATE_EPOCH is no number of seconds: ${JSON.stringify(io.env.SOURCE_DATE_EPOCH)}`;
    const hint = 'set it to seconds since 1970, or unset it';
    return { value: undefined, diagnostics: [error('source-date-epoch', message, { hint })] };
  }
  return { value: { moment, authorOf: authors(io), read: readText }, diagnostics: [] };
}

/** Asks git at most once for each key, and only when the environment leaves it to git. */
function authors(io: Io): (tree: Tree) => string {
  const known = new Map<string, string | undefined>();
  const git = (key: string): string | undefined => {
    if (!known.has(key)) {
      known.set(key, gitConfig(io.cwd, key));
    }
    return known.get(key);
  };
  return ({ config }) => {
    const fallback = { author: config.fallbackAuthor, email: config.fallbackEmail };
    return findAuthor(io.env, git, fallback);
  };
}

function readText(file: string, shown: string): Outcome<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const problem = error('changelog-unreadable', `the changelog cannot be read: ${reason}`, {
      place: { file: shown },
    });
    return { value: undefined, diagnostics: [problem] };
  }
  return decodeUtf8(shown, bytes);
}

/**
 * Whether a run may begin: an interrupted one before it is reported, or taken back with --recover.
 * A dry run may always.
 */
export function mayBegin(io: Io, { dryRun, recover }: ChangelogInput): boolean {
  const journal = journalFile(io.cwd);
  const unfinished = unfinishedEdits(journal);
  if (unfinished === undefined) {
    return true;
  }
  if (!recover) {
    report(io, [dryRun ? { ...unfinished, severity: 'warning' } : unfinished]);
    return dryRun;
  }
  const left = takeBack(journal);
  for (const file of left) {
    io.say(`${file} was changed since, and stays as it is`);
  }
  io.say('took back what the interrupted run wrote');
  return true;
}

/**
 * Writes the edits, with one commit if it is wanted, or prints their diff. False, and told, where
 * that failed: then every changelog is as it was.
 */
export function writeEdits(
  io: Io,
  edits: readonly ChangelogEdit[],
  input: ChangelogInput,
  message: string,
): boolean {
  if (input.dryRun) {
    for (const edit of edits) {
      io.write(unifiedDiff(edit.shownFile, edit.before, edit.after));
    }
  }
  for (const { image, fromVersion, toVersion } of edits) {
    io.say(`${image.tree.shownDirectory}: ${image.name} ${fromVersion} -> ${toVersion}`);
  }
  const count = `${edits.length} ${edits.length === 1 ? 'changelog' : 'changelogs'}`;
  if (input.dryRun) {
    io.say(`${count} would be written`);
    return true;
  }
  const problem = apply(io, edits, input, message);
  if (problem !== undefined) {
    report(io, [problem]);
    return false;
  }
  io.say(`${input.commit && edits.length > 0 ? 'committed' : 'wrote'} ${count}`);
  return true;
}

function apply(
  io: Io,
  edits: readonly ChangelogEdit[],
  { commit }: ChangelogInput,
  message: string,
): Diagnostic | undefined {
  const journal = journalFile(io.cwd);
  if (!commit || edits.length === 0) {
    return applyEdits(edits, journal);
  }
  const prepared = prepareCommit(edits);
  if (prepared.kind === 'refused') {
    return prepared.problem;
  }
  return applyEdits(edits, journal, { follow: () => prepared.commit(message) });
}
