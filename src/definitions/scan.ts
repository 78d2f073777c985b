import { type Dirent, readdirSync, statSync } from 'node:fs';
import { type Diagnostic, error, type Outcome, warning } from '../diagnostics/diagnostic.js';
import { whyNot } from '../files/paths.js';
import type { Tree } from '../workspace/tree.js';

/** A directory that defines an image, as found below a tree's directory. */
export interface ImageDirectory {
  /** Absolute. */
  readonly directory: string;
  /** Relative to the working directory, `/`-separated. */
  readonly shown: string;
  /** The names of everything that stands in it. */
  readonly entries: ReadonlySet<string>;
}

/** Never looked into: git's own files, and what we wrote ourselves. */
const SKIPPED = new Set(['.git', '.generate-bake']);

/**
 * Every directory below the tree's that holds both `Dockerfile.template` and `changelog`, sorted
 * by path; one without the other is a warning, as in docker-pkg (docs/docker-pkg.md, Scan).
 * Symlinked directories are not entered, as `os.walk` does not.
 */
export function scanTree(tree: Tree): Outcome<readonly ImageDirectory[]> {
  const found: ImageDirectory[] = [];
  const diagnostics: Diagnostic[] = [];

  const visit = (directory: string, shown: string): void => {
    let entries: Dirent[];
    try {
      entries = readdirSync(directory, { withFileTypes: true });
    } catch (cause) {
      diagnostics.push(
        error('directory-unreadable', `the directory ${whyNot(cause)}`, {
          place: { file: shown },
          hint: 'make it readable, or move it out of the tree',
        }),
      );
      return;
    }
    const names = new Set<string>();
    const below: string[] = [];
    for (const entry of entries) {
      names.add(entry.name);
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) below.push(entry.name);
    }
    const template =
      names.has('Dockerfile.template') && isFile(entries, directory, 'Dockerfile.template');
    const changelog = names.has('changelog') && isFile(entries, directory, 'changelog');
    if (template && changelog) {
      found.push({ directory, shown, entries: names });
    } else if (template || changelog) {
      diagnostics.push(incomplete(shown, template));
    }
    for (const name of below) {
      visit(`${directory}/${name}`, shown === '.' ? name : `${shown}/${name}`);
    }
  };

  visit(tree.directory, tree.shownDirectory);
  found.sort((a, b) => (a.shown < b.shown ? -1 : a.shown > b.shown ? 1 : 0));
  return { value: found, diagnostics };
}

/** `os.walk` counts as a file whatever is no directory once links are followed, broken links too. */
function isFile(entries: readonly Dirent[], directory: string, name: string): boolean {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) return false;
  if (!entry.isSymbolicLink()) return !entry.isDirectory();
  try {
    return !statSync(`${directory}/${name}`).isDirectory();
  } catch {
    // It leads nowhere, or back to itself: told when it is read.
    return true;
  }
}

function incomplete(shown: string, template: boolean): Diagnostic {
  const [present, missing] = template
    ? ['Dockerfile.template', 'changelog']
    : ['changelog', 'Dockerfile.template'];
  return warning(
    `${missing === 'changelog' ? 'changelog' : 'template'}-missing`,
    `ignored: it has a ${present} but no ${missing}`,
    {
      place: { file: shown },
      hint: `add a ${missing}, or remove the ${present}`,
    },
  );
}
