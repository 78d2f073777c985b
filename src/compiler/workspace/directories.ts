import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import { isWithin, whyNot } from '#core/files/paths.js';
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
    return error(
      'directory',
      `the directory ${shown} ${whyNot(cause)}`,
      hint === undefined ? at : { ...at, hint },
    );
  }
}

function siblingsOf(path: string): string[] {
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
}

/**
 * Two trees in one directory, or one inside the other: their images would be compiled twice.
 * Symlinks are followed for the comparison.
 */
export function checkOverlaps(directories: readonly NamedDirectory[]): Diagnostic[] {
  const real = directories.map((named) => ({ ...named, real: realpathSync(named.directory) }));
  return real.flatMap((later, index) =>
    real.slice(0, index).flatMap((earlier) => {
      const inside = isWithin(earlier.real, later.real);
      if (!inside && !isWithin(later.real, earlier.real)) {
        return [];
      }
      const [inner, outer] = inside ? [later, earlier] : [earlier, later];
      const message =
        earlier.real === later.real
          ? `${later.shown} is named twice`
          : `${inner.shown} is inside ${outer.shown}, which is a tree of its own`;
      return [
        error('directory-twice', message, {
          ...(later.place === undefined ? {} : { place: later.place }),
          hint: 'name each directory once: images of both would be compiled twice',
          ...(earlier.place === undefined
            ? {}
            : { related: [{ message: 'the other one', place: earlier.place }] }),
        }),
      ];
    }),
  );
}
