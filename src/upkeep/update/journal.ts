import { createHash, randomBytes } from 'node:crypto';
// biome-ignore-start lint/style/noRestrictedImports: the journal must appear whole or not at all, and is opened by descriptor.
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { trackedIn } from '#adapters/git/git.js';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { isRecord } from '#core/data/record.js';
import { OwnDirectory, ownName } from '#core/files/ownDirectory.js';
import { codeOf, isMissing, isWithin, whyNot } from '#core/files/paths.js';
import { removeLeftovers } from '#core/files/writeInside.js';
import { changelogEdits, type EditKind } from './editKind.js';

/**
 * What a run that writes changelogs is about to do, so that the next run can say what an
 * interrupted one left behind, and take it back:
 *
 *     write journal → write temporary files → rename them one by one → remove journal
 *
 * What was put into a file, and what it replaced, suffice to undo it.
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
  /** What that replaced; absent: nothing. */
  readonly removed?: string;
  /** The file was not there. */
  readonly isNew?: true;
  /** SHA-256 of the old and the new text. */
  readonly before: string;
  readonly after: string;
}

export interface Journal {
  /** The commit that HEAD was at, where the run was to commit what it wrote. */
  readonly head?: string;
  readonly entries: readonly JournalEntry[];
}

export type FoundJournal =
  | { readonly kind: 'none' }
  /** It was itself cut short (a full disk): no other file had been touched yet. */
  | { readonly kind: 'torn' }
  /** It is not one of ours, or cannot be read; why, as a clause that follows "it". */
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'found'; readonly journal: Journal };

/** Where the journal of runs in a working directory lies. */
export function journalFile(workingDirectory: string, kind: EditKind = changelogEdits): string {
  return join(workingDirectory, ownName, kind.journal);
}

/** The entry for a text that becomes another: all between what they begin and end with is replaced. */
export function journalEntry(
  files: Pick<JournalEntry, 'file' | 'shownFile' | 'temporary' | 'isNew'>,
  before: string,
  after: string,
): JournalEntry {
  const shorter = Math.min(before.length, after.length);
  let offset = 0;
  while (offset < shorter && before[offset] === after[offset]) {
    offset++;
  }
  let end = 0;
  while (end < shorter - offset && before.at(-1 - end) === after.at(-1 - end)) {
    end++;
  }
  const length = after.length - end - offset;
  const removed = before.slice(offset, before.length - end);
  return {
    ...files,
    offset,
    length,
    ...(removed === '' ? {} : { removed }),
    before: textHash(before),
    after: textHash(after),
  };
}

/** The old text, or undefined when the text is not the one that the entry's run wrote. */
export function takeOut(entry: JournalEntry, text: string): string | undefined {
  if (textHash(text) !== entry.after) {
    return undefined;
  }
  const { offset, length, removed = '' } = entry;
  const before = text.slice(0, offset) + removed + text.slice(offset + length);
  return textHash(before) === entry.before ? before : undefined;
}

export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Where the new text of a file is written before it is renamed to it. */
export function temporaryOf(file: string): string {
  return join(dirname(file), `.${basename(file)}.generate-bake-${process.pid}`);
}

/**
 * What an interrupted run left. Everything in the journal is checked, since anybody who may commit
 * to the tree could have put one there: it is a regular file that git does not track, it names
 * files below the directories `within`, or those among `within`, only, and temporary files only as
 * `temporaryOf` does.
 */
export function readJournal(file: string, within: readonly string[]): FoundJournal {
  let text: string;
  try {
    const problem = whyNotOurs(file);
    if (problem !== undefined) {
      return { kind: 'unusable', reason: problem };
    }
    const open = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      text = readFileSync(open, 'utf8');
    } finally {
      closeSync(open);
    }
  } catch (cause) {
    return isMissing(cause) ? { kind: 'none' } : { kind: 'unusable', reason: whyNot(cause) };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'torn' };
  }
  const journal = journalIn(value);
  if (journal === undefined) {
    return { kind: 'unusable', reason: 'is not a journal of generate-bake' };
  }
  const roots = within.flatMap(realPath);
  const files = new Set(
    within.flatMap((path) => realPath(dirname(path)).map((at) => join(at, basename(path)))),
  );
  const outside = journal.entries.find(
    ({ file }) =>
      !files.has(file) &&
      !roots.some((root) => realPath(dirname(file)).some((at) => isWithin(root, at))),
  );
  if (outside !== undefined) {
    const reason = `names a file that is not in the directories that it may change: ${outside.file}`;
    return { kind: 'unusable', reason };
  }
  return { kind: 'found', journal };
}

/** More than any journal has: some 400 bytes an image. */
const mostBytes = 1 << 26;

function whyNotOurs(file: string): string | undefined {
  const stat = lstatSync(file);
  if (!stat.isFile()) {
    return stat.isDirectory() ? 'is a directory' : 'is not a regular file';
  }
  if (stat.size > mostBytes) {
    return 'is too large';
  }
  return ownDirectoryOf(file).whyNot();
}

/** The directory `.generate-bake` that a journal is in. */
function ownDirectoryOf(file: string): OwnDirectory {
  return new OwnDirectory(dirname(dirname(file)), trackedIn);
}

function journalIn(value: unknown): Journal | undefined {
  if (!isRecord(value) || !Array.isArray(value.entries)) {
    return undefined;
  }
  const { head } = value;
  const entries: readonly unknown[] = value.entries;
  if (!entries.every(isEntry) || (head !== undefined && typeof head !== 'string')) {
    return undefined;
  }
  return { entries, ...(head === undefined ? {} : { head }) };
}

function isEntry(value: unknown): value is JournalEntry {
  if (!isRecord(value)) {
    return false;
  }
  const { file, shownFile, temporary, offset, length, removed, isNew, before, after } = value;
  return (
    typeof file === 'string' &&
    file.startsWith('/') &&
    file === join(file) &&
    typeof shownFile === 'string' &&
    typeof temporary === 'string' &&
    temporary.startsWith(join(dirname(file), `.${basename(file)}.generate-bake-`)) &&
    /-\d+$/.test(temporary) &&
    dirname(temporary) === dirname(file) &&
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    (removed === undefined || typeof removed === 'string') &&
    (isNew === undefined || isNew === true) &&
    isHash(before) &&
    isHash(after)
  );
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function realPath(path: string): string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}

/**
 * Takes the journal for this run. False where another run has it; throws where it cannot be
 * written, and then leaves none. It appears whole or not at all, so that a full disk leaves nothing
 * that a later run would take for an interrupted one.
 */
export function writeJournal(file: string, journal: Journal): boolean {
  ownDirectoryOf(file).make();
  removeLeftovers(dirname(file), draftName(basename(file)));
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const open = openSync(draft, 'wx');
    try {
      writeFileSync(open, JSON.stringify(journal));
      fsyncSync(open);
    } finally {
      closeSync(open);
    }
    linkSync(draft, file);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      return false;
    }
    throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The name of a draft of a journal; its first group is the process that writes it. */
function draftName(journal: string): RegExp {
  return new RegExp(`^${journal.replaceAll('.', '\\.')}\\.(\\d+)-[0-9a-f]{8}\\.tmp$`);
}

export function removeJournal(file: string): void {
  rmSync(file, { force: true });
}
