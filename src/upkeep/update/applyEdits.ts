import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { ChangelogEdit } from './changelogEdit.js';
import {
  type JournalEntry,
  journalEntry,
  readJournal,
  removeJournal,
  takeOut,
  textHash,
  writeJournal,
} from './journal.js';

/** A step of applyEdits, told before it is done; tests throw or kill the process there. */
export type Step =
  | { readonly step: 'journal' }
  | { readonly step: 'temporary' | 'rename'; readonly index: number }
  | { readonly step: 'finish' };

export interface ApplyOptions {
  /** What belongs to the writing, such as the commit: when it fails, the files are taken back. */
  readonly follow?: () => Diagnostic | undefined;
  /** Told of every step. */
  readonly before?: (step: Step) => void;
}

/**
 * Writes all edits or none. Every new text is first written beside its file, with the file's mode
 * and owner, and then renamed to it; when anything fails, what was renamed is taken back. Gives
 * undefined when all is written. A process that is killed leaves in every place the old file or
 * the new one, and a journal that unfinishedEdits reads.
 */
export function applyEdits(
  edits: readonly ChangelogEdit[],
  journal: string,
  { follow = () => undefined, before = () => {} }: ApplyOptions = {},
): Diagnostic | undefined {
  if (edits.length === 0) {
    return undefined;
  }
  const pairs = new Map<string, { readonly entry: JournalEntry; readonly text: string }>();
  let doing = '';
  let journaled = false;
  try {
    for (const edit of edits) {
      doing = `read ${edit.shownFile}`;
      if (readFileSync(edit.file, 'utf8') !== edit.before) {
        return changedMeanwhile(edit);
      }
      const file = realpathSync(edit.file);
      const same = pairs.get(file);
      if (same?.text === edit.after) {
        continue;
      }
      if (same !== undefined) {
        return sharedChangelog(edit, same.entry);
      }
      const temporary = join(dirname(file), `.${basename(file)}.generate-bake-${process.pid}`);
      const files = { file, shownFile: edit.shownFile, temporary };
      const entry = journalEntry(files, edit.before, edit.after);
      pairs.set(file, { entry, text: edit.after });
    }
    before({ step: 'journal' });
    doing = `write ${journal}`;
    const entries = [...pairs.values()].map((pair) => pair.entry);
    writeJournal(journal, entries);
    journaled = true;
    for (const [index, { entry, text }] of [...pairs.values()].entries()) {
      before({ step: 'temporary', index });
      doing = `write ${entry.temporary}`;
      writeLike(entry.file, entry.temporary, text);
    }
    for (const [index, entry] of entries.entries()) {
      before({ step: 'rename', index });
      doing = `replace ${entry.shownFile}`;
      renameSync(entry.temporary, entry.file);
    }
    const problem = follow();
    if (problem !== undefined) {
      takeBack(journal);
      return problem;
    }
    before({ step: 'finish' });
    removeJournal(journal);
    return undefined;
  } catch (cause) {
    const message = `could not ${doing}: ${cause instanceof Error ? cause.message : String(cause)}`;
    const left = journaled ? takeBack(journal) : [];
    const hint =
      left.length === 0 ? 'every changelog is as it was' : `not as they were: ${left.join(', ')}`;
    return error('changelogs-not-written', message, { hint });
  }
}

/** What an interrupted run left, as an error that lists it; undefined where none was. */
export function unfinishedEdits(journal: string): Diagnostic | undefined {
  const entries = readJournal(journal);
  if (entries === undefined) {
    return undefined;
  }
  const states = entries.map((entry) => ({ entry, state: stateOf(entry) }));
  const written = states.filter(({ state }) => state === 'has the new block').length;
  return error(
    'changelogs-unfinished',
    `an earlier run was interrupted after writing ${written} of ${entries.length} changelogs`,
    {
      place: { file: journal },
      hint: 'take back what it wrote with --recover, unless it is still running',
      related: states.map(({ entry, state }) => ({
        message: state,
        place: { file: entry.shownFile },
      })),
    },
  );
}

/**
 * Takes back what an interrupted run wrote: every file that is still exactly as that run wrote it
 * gets its old text, and its temporary files and journal go. Gives the files, as a person would
 * open them, that stay as they are, because they were changed since or cannot be written; for
 * the latter the journal stays, too.
 */
export function takeBack(journal: string): string[] {
  const left: string[] = [];
  let failed = false;
  for (const entry of readJournal(journal) ?? []) {
    try {
      rmSync(entry.temporary, { force: true });
      const text = existsSync(entry.file) ? readFileSync(entry.file, 'utf8') : '';
      const old = takeOut(entry, text);
      if (old !== undefined) {
        writeLike(entry.file, entry.temporary, old);
        renameSync(entry.temporary, entry.file);
      } else if (textHash(text) !== entry.before) {
        left.push(entry.shownFile);
      }
    } catch {
      left.push(entry.shownFile);
      failed = true;
    }
  }
  if (!failed) {
    removeJournal(journal);
  }
  return left;
}

function stateOf(entry: JournalEntry): string {
  try {
    const hash = textHash(readFileSync(entry.file, 'utf8'));
    if (hash === entry.after) {
      return 'has the new block';
    }
    return hash === entry.before ? 'has not got the new block' : 'was changed since';
  } catch {
    return 'cannot be read';
  }
}

function changedMeanwhile(edit: ChangelogEdit): Diagnostic {
  return error('changelogs-not-written', 'the changelog was changed while this run read it', {
    place: { file: edit.shownFile },
    hint: 'no changelog was changed; run the command again',
  });
}

/** Two images may link to one changelog; then it must get the same block for both. */
function sharedChangelog(edit: ChangelogEdit, other: JournalEntry): Diagnostic {
  const message = `two images share this changelog, and would get different blocks`;
  return error('changelogs-not-written', message, {
    place: { file: edit.shownFile },
    hint: 'give each image a changelog of its own; no changelog was changed',
    related: [{ message: 'the same file', place: { file: other.shownFile } }],
  });
}

/** Writes a new file with the mode and, where this user may, the owner of another. */
function writeLike(model: string, file: string, text: string): void {
  const { mode, uid, gid } = statSync(model);
  writeFileSync(file, text, { flag: 'wx' });
  const own = statSync(file);
  if (own.uid !== uid || own.gid !== gid) {
    try {
      chownSync(file, uid, gid);
    } catch {
      // Only root may give files away; the content is what counts.
    }
  }
  chmodSync(file, mode & 0o7777);
}
