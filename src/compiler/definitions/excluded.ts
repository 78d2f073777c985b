import { relative } from 'node:path';
import { type Diagnostic, error, warning } from '#core/diagnostics/diagnostic.js';
import { isWithin } from '#core/files/paths.js';
import type { ExcludePattern } from '../workspace/exclude.js';
import type { Tree } from '../workspace/tree.js';

/** A path that the search for images leaves out: a directory with all that is in it, or a file. */
export interface ExcludedPath {
  readonly tree: Tree;
  /** Relative to the working directory, `/`-separated. */
  readonly shown: string;
  /** The first that matches. */
  readonly pattern: ExcludePattern;
}

/** What the search of one tree leaves out by `exclude`, and which patterns were of use. */
export class Exclusion {
  readonly paths: ExcludedPath[] = [];
  readonly used = new Set<ExcludePattern>();
  readonly #tree: Tree;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** Whether a path is left out: relative to the tree, `/`-separated. Each is asked about once. */
  leavesOut(path: string, shown: string): boolean {
    const { exclude = [] } = this.#tree;
    if (exclude.length === 0) {
      return false;
    }
    const parts = path.split('/');
    const matching = exclude.filter((pattern) => pattern.matches(parts));
    const [pattern] = matching;
    if (pattern === undefined) {
      return false;
    }
    for (const each of matching) {
      this.used.add(each);
    }
    this.paths.push({ tree: this.#tree, shown, pattern });
    return true;
  }
}

/**
 * A warning for each pattern that leaves nothing out in any of the trees that have it: trees may share
 * a configuration.
 */
export function unusedPatterns(
  trees: readonly Tree[],
  used: ReadonlySet<ExcludePattern>,
): { readonly tree: Tree; readonly diagnostic: Diagnostic }[] {
  const told = new Set(used);
  return trees.flatMap((tree) =>
    (tree.exclude ?? []).flatMap((pattern) => {
      if (told.has(pattern)) {
        return [];
      }
      told.add(pattern);
      const { text, place } = pattern;
      const diagnostic = warning('exclude-unused', `exclude leaves nothing out: "${text}"`, {
        place,
        hint: `remove it, or correct it: paths are relative to ${tree.shownDirectory}`,
      });
      return [{ tree, diagnostic }];
    }),
  );
}

/**
 * An error for each of these directories (absolute) that the search leaves out: asked for by name, it
 * would silently be nothing.
 */
export function excludedDirectories(
  trees: readonly Tree[],
  directories: readonly string[],
): Diagnostic[] {
  return directories.flatMap((directory) =>
    trees.flatMap((tree): Diagnostic[] => {
      if (!isWithin(tree.directory, directory) || directory === tree.directory) {
        return [];
      }
      const path = relative(tree.directory, directory);
      const parts = path.split('/');
      const pattern = tree.exclude?.find((each) => each.matches(parts));
      if (pattern === undefined) {
        return [];
      }
      const message = `${path} of ${tree.shownDirectory} is excluded: exclude has "${pattern.text}"`;
      const hint = 'remove the pattern to use what is in it';
      return [error('directory-excluded', message, { place: pattern.place, hint })];
    }),
  );
}
