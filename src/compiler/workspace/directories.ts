import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import { isMissing, whyNot } from '#core/files/paths.js';
import { didYouMean } from '#core/text/suggest.js';

/** Why a directory cannot be a tree, with the siblings that may have been meant. */
export function checkDirectory(path: string, shown: string, place?: Place): Diagnostic | undefined {
  const at = place === undefined ? {} : { place };
  try {
    if (!statSync(path).isDirectory()) {
      return error('directory', `${shown} is not a directory`, {
        ...at,
        hint: 'pass the directory that contains the image directories',
      });
    }
    readdirSync(path);
    return undefined;
  } catch (cause) {
    const hint = didYouMean(basename(path), siblingsOf(path));
    const message =
      place === undefined && isMissing(cause)
        ? `no directory "${shown}"`
        : `the directory ${shown} ${whyNot(cause)}`;
    return error('directory', message, hint === undefined ? at : { ...at, hint });
  }
}

/** The directories beside a path; none where they cannot be listed. */
export function siblingsOf(path: string): string[] {
  try {
    return readdirSync(dirname(path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

export interface NamedDirectory {
  readonly directory: string;
  readonly shown: string;
  readonly place?: Place;
  /** Whether it leaves directories out that are trees of their own. */
  readonly mayHoldTrees?: boolean;
}

/**
 * Two trees in one directory, or one inside the other: their images would be compiled twice. One
 * error for each directory that meets an earlier one, but a tree of Dockerfiles may hold others: it
 * leaves them out. Symlinks are followed for the comparison.
 */
export function checkOverlaps(directories: readonly NamedDirectory[]): Diagnostic[] {
  // A workspace file may name thousands: so no comparison of each with each.
  const named = new Map<string, NamedDirectory>();
  const containing = new Map<string, NamedDirectory>();
  return directories.flatMap((later) => {
    const way = [...upwards(realpathSync(later.directory))];
    const [own = ''] = way;
    const isTwice = named.has(own);
    const outer = way
      .map((path) => named.get(path))
      .find((one) => one !== undefined && (isTwice || one.mayHoldTrees !== true));
    const inner = later.mayHoldTrees === true ? undefined : containing.get(own);
    if (!isTwice) {
      named.set(own, later);
    }
    for (const path of way.slice(1)) {
      if (!containing.has(path)) {
        containing.set(path, later);
      }
    }
    if (outer !== undefined) {
      return [overlap(later, outer, isTwice ? undefined : [later, outer])];
    }
    return inner === undefined ? [] : [overlap(later, inner, [inner, later])];
  });
}

/** The path and all directories above it, nearest first. */
function* upwards(path: string): Iterable<string> {
  yield path;
  for (let at = path; at !== dirname(at); ) {
    at = dirname(at);
    yield at;
  }
}

/** @param nested the inner and the outer directory; absent: both are the same */
function overlap(
  later: NamedDirectory,
  earlier: NamedDirectory,
  nested: readonly [NamedDirectory, NamedDirectory] | undefined,
): Diagnostic {
  const message =
    nested === undefined
      ? `${later.shown} is named twice`
      : `${nested[0].shown} is inside ${nested[1].shown}, which is a tree of its own`;
  return error('directory-twice', message, {
    ...(later.place === undefined ? {} : { place: later.place }),
    hint: 'name each directory once: images of both would be compiled twice',
    ...(earlier.place === undefined
      ? {}
      : { related: [{ message: 'the other one', place: earlier.place }] }),
  });
}
