import type { Dirent } from 'node:fs';
import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { lookBehind } from '#core/files/lookAt.js';
import { ownName } from '#core/files/ownDirectory.js';
import { whyNot } from '#core/files/paths.js';
import type { Tree } from '../workspace/tree.js';
import { Exclusion } from './excluded.js';

/** A directory that defines an image, as found below a tree's directory. */
export interface ImageDirectory {
  readonly kind: ImageKind;
  /** Absolute. */
  readonly directory: string;
  /** Relative to the working directory, `/`-separated. */
  readonly shown: string;
  /** The names of all its entries. */
  readonly entries: ReadonlySet<string>;
  /** Why it is not an image all the same: it defines two. */
  readonly fault?: Diagnostic;
}

/** What a scan finds; the diagnostics are doubts about directories that define no image. */
export interface Scan extends Outcome<readonly ImageDirectory[]> {
  /** Directories that cannot be listed: they may define images. */
  readonly unreadable: readonly UnreadableDirectory[];
  /** What `exclude` leaves out. */
  readonly exclusion: Exclusion;
}

interface UnreadableDirectory {
  /** Absolute. */
  readonly directory: string;
  readonly shown: string;
  readonly problem: Diagnostic;
}

/** Which reader reads it: by the files in it. */
type ImageKind = 'docker-pkg' | 'plain' | 'rootfs';

/** Never scanned: git's own files, and our own output. */
const skipped = new Set(['.git', ownName]);

/** What is below these is somebody else's: a Dockerfile alone makes no image there. */
const foreign = /^(?:\..*|node_modules|vendor)$/;

/** What makes a directory define an image. */
const definingFiles: readonly string[] = [
  'Dockerfile.template',
  'changelog',
  'rootfs.toml',
  'rootfs.yaml',
  'image.toml',
  'image.yaml',
  'Dockerfile',
];

/**
 * Every directory below the tree's that defines an image, sorted by path: one that holds both
 * `Dockerfile.template` and `changelog` (one without the other is a warning, as in docker-pkg,
 * doc/dev/docker-pkg.md, Scan), an `image.toml`, a `rootfs.toml`, or, where the configuration says how
 * versions are made, a `Dockerfile`, unless that is below a hidden directory, `node_modules` or
 * `vendor`. What `exclude` leaves out is not entered, and a file of these that it leaves out defines
 * nothing. Symlinked directories are not entered, as `os.walk` does not.
 */
export function scanTree(tree: Tree, list: ListDirectory = listDirectory): Scan {
  const found: ImageDirectory[] = [];
  const unreadable: UnreadableDirectory[] = [];
  const diagnostics: Diagnostic[] = [];
  const exclusion = new Exclusion(tree);

  const visit = (directory: string, shown: string, path: string, isForeign: boolean): void => {
    let entries: readonly Dirent[];
    try {
      entries = list(directory);
    } catch (cause) {
      const problem = error('directory-unreadable', `the directory ${whyNot(cause)}`, {
        place: { file: shown },
        hint: 'make it readable, or move it out of the tree',
      });
      unreadable.push({ directory, shown, problem });
      return;
    }
    const names = new Set(entries.map(({ name }) => name));
    const left = definingFiles.filter(
      (name) => names.has(name) && exclusion.leavesOut(`${path}${name}`, below(shown, name)),
    );
    const { kinds, warnings } = kindsOf(
      tree,
      { directory, shown, entries, names, left },
      isForeign,
    );
    diagnostics.push(...warnings);
    const [kind, second] = kinds;
    if (kind !== undefined) {
      const fault = second === undefined ? {} : { fault: twoDefinitions(shown, kind, second) };
      found.push({ kind, directory, shown, entries: names, ...fault });
    }
    for (const entry of entries) {
      const { name } = entry;
      if (!entry.isDirectory() || skipped.has(name)) {
        continue;
      }
      const shownBelow = below(shown, name);
      if (!exclusion.leavesOut(`${path}${name}`, shownBelow)) {
        const isForeignBelow = isForeign || foreign.test(name);
        visit(`${directory}/${name}`, shownBelow, `${path}${name}/`, isForeignBelow);
      }
    }
  };

  visit(tree.directory, tree.shownDirectory, '', false);
  found.sort((a, b) => (a.shown < b.shown ? -1 : a.shown > b.shown ? 1 : 0));
  return { value: found, unreadable, exclusion, diagnostics };
}

function below(shown: string, name: string): string {
  return shown === '.' ? name : `${shown}/${name}`;
}

/** A directory and what is in it. */
interface Listed {
  /** Absolute. */
  readonly directory: string;
  readonly shown: string;
  readonly entries: readonly Dirent[];
  readonly names: ReadonlySet<string>;
  /** The defining files that `exclude` leaves out. */
  readonly left: readonly string[];
}

/** The kinds of images that a directory defines by its files: none, one, or by mistake two. */
function kindsOf(
  tree: Tree,
  { directory, shown, entries, names, left }: Listed,
  isForeign: boolean,
): { readonly kinds: readonly ImageKind[]; readonly warnings: readonly Diagnostic[] } {
  const has = (name: string): boolean => names.has(name) && !left.includes(name);
  const hasFile = (name: string): boolean => names.has(name) && isFile(entries, directory, name);
  const template = hasFile('Dockerfile.template');
  const changelog = hasFile('changelog');
  const isPair = template && changelog && has('Dockerfile.template') && has('changelog');
  const kinds: ImageKind[] = isPair ? ['docker-pkg'] : [];
  if (has('rootfs.toml') || has('rootfs.yaml')) {
    kinds.push('rootfs');
  }
  const hasImageFile = has('image.toml') || has('image.yaml');
  const isPlain = !isForeign && tree.config.dockerfileVersion !== undefined && has('Dockerfile');
  if (hasImageFile || (isPlain && kinds.length === 0)) {
    kinds.push('plain');
  }
  const isHalf = template !== changelog && kinds.length === 0 && left.length === 0;
  return { kinds, warnings: isHalf ? [incomplete(shown, template)] : [] };
}

/** `os.walk` counts everything but directories as a file, after following links; broken links too. */
export function isFile(entries: readonly Dirent[], directory: string, name: string): boolean {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    return false;
  }
  if (!entry.isSymbolicLink()) {
    return !entry.isDirectory();
  }
  // A broken link, or one to itself, is reported when it is read.
  return lookBehind(`${directory}/${name}`)?.isDirectory() !== true;
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

function twoDefinitions(shown: string, kind: ImageKind, second: ImageKind): Diagnostic {
  return error(
    'two-definitions',
    `the directory defines two images: by ${files[kind]} and by ${files[second]}`,
    { place: { file: shown }, hint: 'give each a directory of its own' },
  );
}
