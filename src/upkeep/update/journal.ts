import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeIgnoredDirectory } from '#core/files/ignoreInGit.js';

/**
 * What a run that writes changelogs is about to do, so that the next run can say what an
 * interrupted one left behind, and take it back:
 *
 *     write journal → write temporary files → rename them one by one → remove journal
 *
 * A changelog only ever gains a block, so where it was put and how long it is suffice to undo it.
 */
export interface JournalEntry {
  /** The file that is replaced: absolute, symlinks resolved. */
  readonly file: string;
  readonly shownFile: string;
  /** Lies beside it and is renamed to it. */
  readonly temporary: string;
  /** What was put in, in UTF-16 units of the new text. */
  readonly offset: number;
  readonly length: number;
  /** SHA-256 of the old and the new text. */
  readonly before: string;
  readonly after: string;
}

/** Where the journal of runs in a working directory lies. */
export function journalFile(workingDirectory: string): string {
  return join(workingDirectory, '.generate-bake', 'changelogs.json');
}

/** The entry for a text that becomes another by one insertion. */
export function journalEntry(
  files: Pick<JournalEntry, 'file' | 'shownFile' | 'temporary'>,
  before: string,
  after: string,
): JournalEntry {
  let offset = 0;
  while (offset < before.length && before[offset] === after[offset]) {
    offset++;
  }
  const length = after.length - before.length;
  return { ...files, offset, length, before: textHash(before), after: textHash(after) };
}

/** The old text, or undefined when the text is not the one that the entry's run wrote. */
export function takeOut(entry: JournalEntry, text: string): string | undefined {
  if (textHash(text) !== entry.after) {
    return undefined;
  }
  const before = text.slice(0, entry.offset) + text.slice(entry.offset + entry.length);
  return textHash(before) === entry.before ? before : undefined;
}

export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Undefined where no run was interrupted. A journal that was itself cut short has no entries: no
 * other file had been touched yet.
 */
export function readJournal(file: string): readonly JournalEntry[] | undefined {
  if (!existsSync(file)) {
    return undefined;
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JournalEntry[];
  } catch (cause) {
    if (cause instanceof SyntaxError) {
      return [];
    }
    throw cause;
  }
}

/** Fails with EEXIST where another run has one. The directory ignores itself in git. */
export function writeJournal(file: string, entries: readonly JournalEntry[]): void {
  makeIgnoredDirectory(dirname(file));
  writeFileSync(file, JSON.stringify(entries), { flag: 'wx' });
}

export function removeJournal(file: string): void {
  rmSync(file, { force: true });
}
