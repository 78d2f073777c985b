// biome-ignore-start lint/style/noRestrictedImports: replaces changelogs, which were read through the door, and keeps mode and owner.
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
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { basename, dirname, join } from 'node:path';
import { commitOf, committedText, indexLock } from '#adapters/git/git.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { lookAt } from '#core/files/lookAt.js';
import { whyNot } from '#core/files/paths.js';
import type { FileEdit } from './changelogEdit.js';
import { changelogEdits, type EditKind } from './editKind.js';
import {
  type Journal,
  type JournalEntry,
  journalEntry,
  readJournal,
  removeJournal,
  takeOut,
  temporaryOf,
  textHash,
  writeJournal,
} from './journal.js';

/** A step of applyEdits, told before it is done; tests throw or kill the process there. */
export type WriteStep =
  | { readonly step: 'journal' }
  | { readonly step: 'temporary' | 'rename'; readonly index: number }
  | { readonly step: 'finish' };

export interface ApplyOptions {
  /** What belongs to the writing, such as the commit: when it fails, the files are taken back. */
  readonly follow?: () => Diagnostic | undefined;
  /** The commit that HEAD is at, where `follow` commits. */
  readonly head?: string;
  /** What is written; absent: changelogs. */
  readonly kind?: EditKind;
  /** Told of every step. */
  readonly before?: (step: WriteStep) => void;
}

/**
 * Writes all edits or none. Every new text is first written beside its file, with the file's mode
 * and owner, and then renamed to it; when anything fails, what was renamed is taken back. Gives
 * undefined when all is written. A process that is killed leaves in every place the old file or
 * the new one, and a journal that unfinishedEdits reads.
 */
export function applyEdits(
  edits: readonly FileEdit[],
  journal: string,
  { follow = () => undefined, head, kind = changelogEdits, before = () => {} }: ApplyOptions = {},
): Diagnostic | undefined {
  if (edits.length === 0) {
    return undefined;
  }
  const pairs = new Map<string, Pair>();
  let doing = '';
  let journaled: Journal | undefined;
  try {
    for (const edit of edits) {
      doing = `read ${edit.shownFile}`;
      if (!isAsPlanned(edit)) {
        return changedMeanwhile(edit, kind);
      }
      const file = realFile(edit);
      const same = pairs.get(file);
      if (same?.text === edit.after) {
        continue;
      }
      if (same !== undefined) {
        return sharedChangelog(edit, same.entry);
      }
      const { shownFile, isNew } = edit;
      const files = { file, shownFile, temporary: temporaryOf(file), ...(isNew && { isNew }) };
      const entry = journalEntry(files, edit.before, edit.after);
      pairs.set(file, { entry, edit, text: edit.after });
    }
    before({ step: 'journal' });
    doing = `write ${journal}`;
    const entries = [...pairs.values()].map((pair) => pair.entry);
    const taken: Journal = { entries, ...(head === undefined ? {} : { head }) };
    if (!writeJournal(journal, taken)) {
      return anotherRun(journal, kind);
    }
    journaled = taken;
    // Again, now that no other run can write: one may have ended since the first look.
    for (const { edit } of pairs.values()) {
      doing = `read ${edit.shownFile}`;
      if (!isAsPlanned(edit)) {
        removeJournal(journal);
        return changedMeanwhile(edit, kind);
      }
    }
    for (const [index, { entry, text }] of [...pairs.values()].entries()) {
      before({ step: 'temporary', index });
      doing = `write ${entry.temporary}`;
      writeLike(entry, text);
    }
    for (const [index, entry] of entries.entries()) {
      before({ step: 'rename', index });
      doing = `replace ${entry.shownFile}`;
      renameSync(entry.temporary, entry.file);
    }
    const problem = follow();
    if (problem !== undefined) {
      takeBackFrom(journal, taken);
      return problem;
    }
    before({ step: 'finish' });
    removeJournal(journal);
    return undefined;
  } catch (cause) {
    const message = `could not ${doing}: it ${whyNot(cause)}`;
    const left = journaled === undefined ? [] : takeBackFrom(journal, journaled);
    const hint =
      left.length === 0 ? `every ${kind.one} is as it was` : `not as they were: ${left.join(', ')}`;
    return error(kind.notWritten, message, { hint });
  }
}

interface Pair {
  readonly entry: JournalEntry;
  readonly edit: FileEdit;
  readonly text: string;
}

/** What an earlier run left in a journal. */
export type Unfinished =
  | { readonly kind: 'nothing' }
  /** The last commit has all that it wrote: there is nothing to take back. */
  | { readonly kind: 'committed'; readonly journal: Journal }
  /** `problem` lists its files. */
  | { readonly kind: 'interrupted'; readonly journal: Journal; readonly problem: Diagnostic }
  /** The journal is not ours or cannot be read, so nothing is done with it. */
  | { readonly kind: 'unusable'; readonly problem: Diagnostic };

/** What an interrupted run left; `within` are the directories that it may have written in. */
export function unfinishedEdits(
  journal: string,
  within: readonly string[],
  kind: EditKind = changelogEdits,
): Unfinished {
  const found = readJournal(journal, within);
  switch (found.kind) {
    case 'none':
      return { kind: 'nothing' };
    case 'torn':
      return { kind: 'committed', journal: { entries: [] } };
    case 'unusable':
      return { kind: 'unusable', problem: unusable(journal, found.reason, kind) };
    case 'found':
      return unfinishedOf(journal, found.journal, kind);
  }
}

function unfinishedOf(file: string, journal: Journal, kind: EditKind): Unfinished {
  const { entries } = journal;
  const isCommitted = committedIn(journal);
  const states = entries.map((entry) => ({ entry, state: stateOf(entry, isCommitted) }));
  if (entries.length > 0 && states.every(({ state }) => state === 'committed')) {
    return { kind: 'committed', journal };
  }
  const written = states.filter(({ state }) => state === 'written' || state === 'committed').length;
  const problem = error(
    kind.unfinished,
    `an earlier run was interrupted after writing ${written} of ${entries.length} ${kind.many}`,
    {
      place: { file },
      hint: 'take back what it wrote with --recover, unless it is still running',
      related: states.map(({ entry, state }) => ({
        message: stateWords(kind)[state],
        place: { file: entry.shownFile },
      })),
    },
  );
  return { kind: 'interrupted', journal, problem };
}

/** Why nothing may be taken back now: git, which the run started, has not ended. */
export function stillCommitting({ head, entries: [first] }: Journal): Diagnostic | undefined {
  const lock =
    head === undefined || first === undefined ? undefined : indexLock(dirname(first.file));
  if (lock === undefined || !existsSync(lock)) {
    return undefined;
  }
  return error('changelogs-unfinished', 'git is still committing what the interrupted run wrote', {
    place: { file: lock },
    hint: 'wait until git has ended; if no git is running, remove this file',
  });
}

/**
 * Takes back what an interrupted run wrote: every file that is still exactly as that run wrote it
 * gets its old text, unless the last commit has the new one; its temporary files and journal go.
 * Gives the files, as a person would open them, that stay as they are, because they were changed
 * since or cannot be written; for the latter the journal stays, too.
 */
export function takeBack(file: string, journal: Journal): string[] {
  return takeBackFrom(file, journal, committedIn(journal));
}

type IsCommitted = (entry: JournalEntry, text: string) => boolean;

function takeBackFrom(
  journal: string,
  { entries }: Journal,
  isCommitted: IsCommitted = () => false,
): string[] {
  const left: string[] = [];
  let failed = false;
  for (const entry of entries) {
    try {
      rmSync(entry.temporary, { force: true });
      const text = existsSync(entry.file) ? readFileSync(entry.file, 'utf8') : '';
      const old = takeOut(entry, text);
      if (old !== undefined && isCommitted(entry, text)) {
        continue;
      }
      if (old !== undefined && entry.isNew === true) {
        rmSync(entry.file);
      } else if (old !== undefined) {
        writeLike(entry, old);
        renameSync(entry.temporary, entry.file);
      } else if (textHash(text) !== entry.before) {
        left.push(entry.shownFile);
      }
    } catch {
      rmSync(entry.temporary, { force: true });
      left.push(entry.shownFile);
      failed = true;
    }
  }
  if (!failed) {
    removeJournal(journal);
  }
  return left;
}

/**
 * Whether the last commit has the text of a file, line ends apart, which git may change. Where HEAD
 * is still at the commit that the run began at, nothing was committed.
 */
function committedIn({ head, entries: [first] }: Journal): IsCommitted {
  const now = first === undefined ? undefined : commitOf(dirname(first.file), 'HEAD');
  if (now?.kind !== 'done' || now.value === head) {
    return () => false;
  }
  return ({ file }, text) => {
    const committed = committedText(dirname(file), basename(file));
    return committed !== undefined && unixLines(committed) === unixLines(text);
  };
}

function unixLines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** What became of a file that an interrupted run was to write. */
type EntryState = 'written' | 'committed' | 'untouched' | 'changed' | 'unreadable';

function stateWords({ change }: EditKind): Readonly<Record<EntryState, string>> {
  return {
    written: `has ${change}`,
    committed: 'is committed',
    untouched: `does not have ${change}`,
    changed: 'was changed since',
    unreadable: 'cannot be read',
  };
}

function stateOf(entry: JournalEntry, isCommitted: IsCommitted): EntryState {
  try {
    const isThere = entry.isNew !== true || existsSync(entry.file);
    const text = isThere ? readFileSync(entry.file, 'utf8') : '';
    const hash = textHash(text);
    if (hash === entry.after) {
      return isCommitted(entry, text) ? 'committed' : 'written';
    }
    return hash === entry.before ? 'untouched' : 'changed';
  } catch {
    return 'unreadable';
  }
}

function unusable(journal: string, reason: string, { many, unfinished }: EditKind): Diagnostic {
  return error(unfinished, `the journal of ${many} cannot be used: it ${reason}`, {
    place: { file: journal },
    hint: 'remove it, unless an interrupted run of generate-bake left it; nothing was changed',
  });
}

function anotherRun(journal: string, { one, many, notWritten }: EditKind): Diagnostic {
  return error(notWritten, `another run is writing ${many}`, {
    place: { file: journal },
    hint: `run the command again when it has ended; no ${one} was changed`,
  });
}

function changedMeanwhile(edit: FileEdit, { one, notWritten }: EditKind): Diagnostic {
  return error(notWritten, `the ${one} was changed while this run read it`, {
    place: { file: edit.shownFile },
    hint: `no ${one} was changed; run the command again`,
  });
}

/** Two images may link to one changelog; then it must get the same block for both. */
function sharedChangelog(edit: FileEdit, other: JournalEntry): Diagnostic {
  const message = `two images share this changelog, and would get different blocks`;
  return error('changelogs-not-written', message, {
    place: { file: edit.shownFile },
    hint: 'give each image a changelog of its own; no changelog was changed',
    related: [{ message: 'the same file', place: { file: other.shownFile } }],
  });
}

function isAsPlanned({ file, before, isNew }: FileEdit): boolean {
  return isNew === true ? lookAt(file) === undefined : readFileSync(file, 'utf8') === before;
}

function realFile({ file, isNew }: FileEdit): string {
  return isNew === true ? join(realpathSync(dirname(file)), basename(file)) : realpathSync(file);
}

/** Writes the temporary file of an entry with the mode and, where this user may, the owner of its file. */
function writeLike({ file: model, temporary: file, isNew }: JournalEntry, text: string): void {
  writeFileSync(file, text, { flag: 'wx' });
  if (isNew === true) {
    return;
  }
  const { mode, uid, gid } = statSync(model);
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
