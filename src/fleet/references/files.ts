import { type Dirent, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesBelow } from '#adapters/git/git.js';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { Boundary, isOwnOrGits } from '#core/files/boundary.js';
import { listDirectory } from '#core/files/directories.js';
import { lookAt } from '#core/files/lookAt.js';
import { shownPath, whyNot } from '#core/files/paths.js';
import type { Door } from '#core/files/readInside.js';

/** A file that may have references in it. */
export interface SearchedFile {
  /** Absolute, without links. */
  readonly path: string;
  /** As a person would open it. */
  readonly shown: string;
  readonly door: Door;
}

/** As many are searched at most. */
const mostFiles = 1_000_000;
const deepest = 100;

/**
 * The files of folders, and files that are named themselves, each once. In a git work tree those that git
 * tracks or would add; elsewhere all but what is below `.git`, `.generate-bake` and `node_modules`. Links are
 * not followed, but for one that is named itself. Errors: a path that is not there, a folder that cannot be
 * listed.
 *
 * @param paths as the user wrote them, resolved
 */
export function* searchedFiles(
  paths: readonly { readonly written: string; readonly path: string }[],
  cwd: string,
): Generator<Outcome<SearchedFile | undefined>, void> {
  const seen = new Set<string>();
  for (const { written, path } of paths) {
    const refuse = (reason: string, hint?: string): Outcome<undefined> => {
      const place = { file: written };
      const rest = hint === undefined ? { place } : { place, hint };
      return { value: undefined, diagnostics: [error('references-path', reason, rest)] };
    };
    let real: string;
    try {
      real = realpathSync(path);
    } catch (cause) {
      yield refuse(`${written} ${whyNot(cause)}`, 'name files or folders to be searched');
      continue;
    }
    const stat = lookAt(real);
    if (stat?.isFile() !== true && stat?.isDirectory() !== true) {
      yield refuse(`${written} is neither a file nor a folder`);
      continue;
    }
    const boundary = new Boundary(stat.isFile() ? dirname(real) : real, gitWorkTrees());
    for (const found of stat.isFile() ? [real] : below(real, deepest)) {
      if (typeof found !== 'string') {
        yield { value: undefined, diagnostics: [found] };
        continue;
      }
      if (seen.has(found)) {
        continue;
      }
      seen.add(found);
      if (seen.size > mostFiles) {
        yield refuse(`more than ${mostFiles} files`, 'name fewer folders');
        return;
      }
      const door = { own: dirname(found), boundary };
      yield { value: { path: found, shown: shownPath(cwd, found), door }, diagnostics: [] };
    }
  }
}

function* below(folder: string, depth: number): Generator<string | Diagnostic, void> {
  const listed = filesBelow(folder);
  if (listed.kind === 'failed' || listed.value.length === 0) {
    // Where git has nothing of it, the folder was named although git ignores it.
    yield* walk(folder, depth);
    return;
  }
  for (const name of listed.value) {
    if (isLeftOut(name)) {
      continue;
    }
    const path = join(folder, name);
    const stat = lookAt(path);
    if (stat?.isFile() === true) {
      yield path;
    } else if (stat?.isDirectory() === true && depth > 0) {
      // A submodule, or a repository in the repository.
      yield* below(path, depth - 1);
    }
  }
}

function* walk(folder: string, depth: number): Generator<string | Diagnostic, void> {
  let entries: readonly Dirent[];
  try {
    entries = listDirectory(folder);
  } catch (cause) {
    yield error('references-path', `${folder} cannot be searched: it ${whyNot(cause)}`, {
      place: { file: folder },
    });
    return;
  }
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of sorted) {
    const path = join(folder, entry.name);
    if (entry.isFile()) {
      yield path;
    } else if (entry.isDirectory() && !isLeftOut(entry.name)) {
      if (depth > 0) {
        yield* walk(path, depth - 1);
      } else {
        yield error('references-path', `folders are nested more than ${deepest} deep`, {
          place: { file: path },
        });
      }
    }
  }
}

function isLeftOut(path: string): boolean {
  return isOwnOrGits(path) || path.split('/').includes('node_modules');
}
