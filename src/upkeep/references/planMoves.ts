import { realpathSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { FindHistory } from '#adapters/git/history.js';
import { groupBy } from '#core/data/groups.js';
import { type Diagnostic, hasErrors, type Place, warning } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readInside } from '#core/files/readInside.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import type { SearchedFile } from '#fleet/references/files.js';
import type { FoundReference } from '#fleet/references/find.js';
import type { TreeImage } from '#fleet/references/names.js';
import { resolvePlain } from '#formats/settings/yamlScalar.js';
import type { FileEdit } from '../update/changelogEdit.js';
import type { Target } from './targets.js';

/** A reference and the version that it gets. */
export interface Move {
  readonly reference: FoundReference;
  readonly image: TreeImage;
  readonly from: string;
  readonly to: string;
}

export interface MovePlan {
  readonly moves: readonly Move[];
  readonly edits: readonly FileEdit[];
  /** References that wait: no newer version is published. */
  readonly waiting: readonly FoundReference[];
  /** Warnings: what is behind and not moved, and why. */
  readonly left: readonly Diagnostic[];
}

export interface MoveOptions {
  /** By repository. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Absent: changes that are not committed do not matter. */
  readonly histories?: FindHistory;
}

/** One part of a file that gets another text. */
interface Replacement {
  readonly start: number;
  readonly before: string;
  readonly after: string;
}

interface Wanted extends Move {
  readonly parts: readonly Replacement[];
}

/**
 * What moves the references that are behind to their targets: of each the version that is written, the digest
 * where there is one, and nothing else.
 *
 * @param behind that are to be moved
 * @param all that were found: some may have their version from the same place
 */
export function planMoves(
  behind: readonly FoundReference[],
  all: readonly FoundReference[],
  { targets, histories }: MoveOptions,
): MovePlan {
  const wanted: Wanted[] = [];
  const waiting: FoundReference[] = [];
  const left: Diagnostic[] = [];
  for (const reference of behind) {
    const made = moveOf(reference, targets);
    if (made === 'waits') {
      waiting.push(reference);
    } else if ('parts' in made) {
      wanted.push(made);
    } else {
      left.push(made);
    }
  }
  const users = groupBy(all, spotOf);
  const moves: Move[] = [];
  const edits: FileEdit[] = [];
  for (const [file, found] of groupBy(wanted, ({ reference }) => reference.file)) {
    const alone = found.filter((move) => {
      const problem = sharedProblem(move, found, users.get(spotOf(move.reference)) ?? []);
      left.push(...(problem === undefined ? [] : [problem]));
      return problem === undefined;
    });
    if (alone.length === 0) {
      continue;
    }
    const edit = uncommittedProblem(file, histories) ?? editOf(file, alone);
    if ('severity' in edit) {
      left.push(edit);
    } else {
      edits.push(edit);
      moves.push(...alone);
    }
  }
  return { moves, edits, waiting, left };
}

function moveOf(
  reference: FoundReference,
  targets: MoveOptions['targets'],
): Wanted | Diagnostic | 'waits' {
  const { about, tag, digest, place } = reference;
  if (
    about.kind !== 'image' ||
    about.standing.kind !== 'behind' ||
    tag === undefined ||
    !('text' in tag)
  ) {
    throw new Error(`${reference.written} is not behind`);
  }
  const { image, standing } = about;
  const target = targets.get(image.repository);
  if (target === undefined || (standing.versions ?? Infinity) <= target.behind) {
    return 'waits';
  }
  const to = target.version;
  if (digest !== undefined && target.digest === undefined) {
    return leave(
      place,
      `${reference.written} is pinned by digest`,
      'leave out --unpublished: the registry knows the digest',
    );
  }
  if (tag.isPlain === true && !isPlainText(to)) {
    return leave(
      place,
      `the version ${to} would be a number or a date in YAML`,
      'put the version in quotes',
    );
  }
  const pinned =
    digest === undefined || target.digest === undefined
      ? []
      : [{ start: digest.start, before: digest.text, after: target.digest }];
  const parts = [{ start: tag.start, before: tag.text, after: to }, ...pinned];
  return { reference, image, from: tag.text, to, parts };
}

/** Whether YAML reads a value without quotes as this very text. */
function isPlainText(text: string): boolean {
  const resolved = resolvePlain(text);
  return resolved.kind === 'value' && resolved.value === text;
}

function leave(place: Place, message: string, hint: string): Diagnostic {
  return warning('references-left', `not moved: ${message}`, { place, hint });
}

/** Where the version is, which several references may have in common: an anchor of YAML. */
function spotOf({ file, tag }: FoundReference): string {
  return `${file.path}\0${tag !== undefined && 'start' in tag ? tag.start : ''}`;
}

function sharedProblem(
  { reference, to }: Move,
  moves: readonly Move[],
  users: readonly FoundReference[],
): Diagnostic | undefined {
  const others = users.filter((user) => user !== reference);
  const isAlike = others.every((user) =>
    moves.some((move) => move.reference === user && move.to === to),
  );
  return isAlike
    ? undefined
    : leave(
        reference.place,
        'other images have their version from the same place',
        'write the version of each image',
      );
}

function uncommittedProblem(
  { path, shown }: SearchedFile,
  histories: FindHistory | undefined,
): Diagnostic | undefined {
  const history = histories?.(dirname(path));
  if (history === undefined || history.kind === 'failed') {
    return undefined;
  }
  const uncommitted = history.value.uncommitted();
  const place = { file: shown };
  if (uncommitted.kind === 'failed') {
    return leave(
      place,
      `git does not say whether it is committed: ${uncommitted.reason}`,
      'write --with-uncommitted',
    );
  }
  return uncommitted.value.includes(relative(history.value.root, realpathSync(path)))
    ? leave(
        place,
        'the file has changes that are not committed',
        'commit them first, or write --with-uncommitted',
      )
    : undefined;
}

function editOf(
  { path, shown, door }: SearchedFile,
  moves: readonly Wanted[],
): FileEdit | Diagnostic {
  let read: ReturnType<typeof decodeUtf8>;
  try {
    read = decodeUtf8(shown, readInside(path, door));
  } catch (cause) {
    return leave({ file: shown }, `the file ${whyNot(cause)}`, 'make it a file that can be read');
  }
  const [problem] = read.diagnostics;
  if (problem !== undefined && hasErrors(read.diagnostics)) {
    return leave(
      problem.place ?? { file: shown },
      problem.message,
      problem.hint ?? 'save it as UTF-8',
    );
  }
  const before = read.value;
  const parts = new Map(
    moves.flatMap((move) => move.parts).map((part) => [part.start, part] as const),
  );
  let after = before;
  for (const { start, before: old, after: next } of [...parts.values()].sort(
    (a, b) => b.start - a.start,
  )) {
    if (before.slice(start, start + old.length) !== old) {
      return leave(
        { file: shown },
        'the file was changed while this run read it',
        'run the command again',
      );
    }
    after = after.slice(0, start) + next + after.slice(start + old.length);
  }
  return { file: path, shownFile: shown, before, after };
}
