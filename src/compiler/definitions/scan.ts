import { type Dirent, statSync } from 'node:fs';
import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { whyNot } from '#core/files/paths.js';
import type { Tree } from '../workspace/tree.js';

/** A directory that defines an image, as found below a tree's directory. */
export interface ImageDirectory {
  readonly kind: ImageKind;
  /** Absolute. */
  readonly directory: string;
  /** Relative to the working directory, `/`-separated. */
  readonly shown: string;
  /** The names of everything that stands in it. */
  readonly entries: ReadonlySet<string>;
}

/** Which reader reads it: by the files that stand in it. */
type ImageKind = 'docker-pkg' | 'plain' | 'rootfs';

/** Never looked into: git's own files, and what we wrote ourselves. */
const skipped = new Set(['.git', '.generate-bake']);

/**
 * Every directory below the tree's that defines an image, sorted by path: one that holds both
 * `Dockerfile.template` and `changelog` (one without the other is a warning, as in docker-pkg,
 * doc/dev/docker-pkg.md, Scan), an `image.toml`, a `rootfs.toml`, or, where the configuration says how
 * versions are made, a `Dockerfile`. Symlinked directories are not entered, as `os.walk` does not.
 */
export function scanTree(
  tree: Tree,
  list: ListDirectory = listDirectory,
): Outcome<readonly ImageDirectory[]> {
  const found: ImageDirectory[] = [];
  const diagnostics: Diagnostic[] = [];

  const visit = (directory: string, shown: string): void => {
    let entries: readonly Dirent[];
    try {
      entries = list(directory);
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
      if (entry.isDirectory() && !skipped.has(entry.name)) {
        below.push(entry.name);
      }
    }
    const template =
      names.has('Dockerfile.template') && isFile(entries, directory, 'Dockerfile.template');
    const changelog = names.has('changelog') && isFile(entries, directory, 'changelog');
    const kinds: ImageKind[] = template && changelog ? ['docker-pkg'] : [];
    if (names.has('rootfs.toml') || names.has('rootfs.yaml')) {
      kinds.push('rootfs');
    }
    const isPlain = tree.config.dockerfileVersion !== undefined && names.has('Dockerfile');
    if (names.has('image.toml') || names.has('image.yaml') || (isPlain && kinds.length === 0)) {
      kinds.push('plain');
    }
    const [kind, second] = kinds;
    if (kind !== undefined) {
      found.push({ kind, directory, shown, entries: names });
    }
    if (kind !== undefined && second !== undefined) {
      diagnostics.push(twofold(shown, kind, second));
    }
    if (template !== changelog && kind === undefined) {
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
  if (entry === undefined) {
    return false;
  }
  if (!entry.isSymbolicLink()) {
    return !entry.isDirectory();
  }
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

const files: Readonly<Record<ImageKind, string>> = {
  'docker-pkg': 'Dockerfile.template and changelog',
  plain: 'image.toml',
  rootfs: 'rootfs.toml',
};

function twofold(shown: string, kind: ImageKind, second: ImageKind): Diagnostic {
  return error(
    'two-definitions',
    `the directory defines two images: by ${files[kind]} and by ${files[second]}`,
    { place: { file: shown }, hint: 'give each a directory of its own' },
  );
}
