import { type Dirent, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { whyNot, withoutSlash } from '#core/files/paths.js';
import type { DockerfileTree } from '../../workspace/dockerfileTree.js';
import type { Tree } from '../../workspace/tree.js';
import { Exclusion } from '../excluded.js';
import { type ImageDirectory, isFile } from '../scan.js';
import { type FileRole, roleOf } from './names.js';

/** A Dockerfile, as found by its name. */
export interface FoundDockerfile {
  /** Its directory: absolute, and as shown. */
  readonly directory: string;
  readonly shownDirectory: string;
  /** Its directory relative to the tree's, `/`-separated; empty: the tree's own. */
  readonly path: string;
  readonly file: string;
  readonly role: FileRole;
  /** The names of all that is beside it. */
  readonly entries: ReadonlySet<string>;
}

/** What a search finds; the diagnostics are those of the whole. */
export interface FoundFiles extends Outcome<readonly FoundDockerfile[]> {
  /** Directories that define their images in other files: image.toml, rootfs.toml. */
  readonly directories: readonly ImageDirectory[];
  /** Directories of docker-pkg's images, as shown: they need a configuration. */
  readonly dockerPkg: readonly string[];
  /** What `exclude` leaves out. */
  readonly exclusion: Exclusion;
}

/** More than any repository has; a home directory may. */
const mostDirectories = 200_000;

/**
 * The Dockerfiles below a tree's directory, sorted by path: `Dockerfile`, `Dockerfile.NAME`,
 * `NAME.Dockerfile`, and the same of `Containerfile`. Not searched: hidden directories,
 * `node_modules`, `vendor`, other repositories, other trees, and what `exclude` or git's ignore rules
 * name. Symlinked directories are not entered.
 */
export function findDockerfiles(
  tree: Tree,
  { apart }: DockerfileTree,
  list: ListDirectory = listDirectory,
): FoundFiles {
  const search = new Search(tree, new Set(apart), list);
  search.run();
  const value = search.found.sort((a, b) => compare(pathOf(a), pathOf(b)));
  const directories = search.directories.sort((a, b) => compare(a.shown, b.shown));
  const dockerPkg = search.dockerPkg.sort(compare);
  return {
    value,
    directories,
    dockerPkg,
    exclusion: search.exclusion,
    diagnostics: search.diagnostics,
  };
}

function pathOf({ path, file }: FoundDockerfile): string {
  return path === '' ? file : `${path}/${file}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What defines images beside Dockerfiles. */
const definingFiles: ReadonlySet<string> = new Set([
  'Dockerfile.template',
  'changelog',
  'image.toml',
  'image.yaml',
  'rootfs.toml',
  'rootfs.yaml',
]);

const notSearched = /^(?:\..*|node_modules|vendor)$/;

class Search {
  readonly found: FoundDockerfile[] = [];
  readonly directories: ImageDirectory[] = [];
  readonly dockerPkg: string[] = [];
  readonly exclusion: Exclusion;
  readonly diagnostics: Diagnostic[] = [];
  readonly #tree: Tree;
  readonly #apart: ReadonlySet<string>;
  readonly #list: ListDirectory;
  /** The tree's directory without links. */
  readonly #real: string;

  constructor(tree: Tree, apart: ReadonlySet<string>, list: ListDirectory) {
    this.#tree = tree;
    this.#apart = apart;
    this.exclusion = new Exclusion(tree);
    this.#list = list;
    this.#real = realpathSync(tree.directory);
  }

  run(): void {
    // A list and no recursion: directories may be nested deeper than the stack.
    const waiting = [''];
    let count = 0;
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (++count > mostDirectories) {
        this.#tooMany();
        return;
      }
      for (const name of this.#visit(path)) {
        waiting.push(path === '' ? name : `${path}/${name}`);
      }
    }
  }

  /** Notes what a directory has; gives the names of the directories in it that are searched too. */
  #visit(path: string): readonly string[] {
    const { directory: top, shownDirectory: shownTop } = this.#tree;
    const directory = join(top, path);
    const shown = withoutSlash(join(shownTop, path));
    let entries: readonly Dirent[];
    try {
      entries = this.#list(directory);
    } catch (cause) {
      const message = `not searched: the directory ${whyNot(cause)}`;
      // Bytes that are not UTF-8 are replaced in what Node lists: the name leads nowhere.
      const hint = path.includes('\ufffd')
        ? 'rename it: its name is not UTF-8'
        : 'make it readable, or exclude it in generate-bake.toml';
      this.diagnostics.push(
        warning('directory-unreadable', message, { place: { file: shown }, hint }),
      );
      return [];
    }
    const names = new Set(entries.map(({ name }) => name));
    if (path !== '' && names.has('.git')) {
      return [];
    }
    this.#take({ directory, shown, path, entries, names });
    return entries.flatMap((entry) => {
      if (!entry.isDirectory() || notSearched.test(entry.name)) {
        return [];
      }
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      return this.#apart.has(join(top, below)) || this.#isExcluded(below) ? [] : [entry.name];
    });
  }

  #take({ directory, shown, path, entries, names }: Visited): void {
    const there = new Map<string, FileRole | undefined>();
    for (const { name } of entries) {
      const role = roleOf(name);
      if (role === undefined && !definingFiles.has(name)) {
        continue;
      }
      if (isFile(entries, directory, name) && !this.#isLeftOut(path, name)) {
        there.set(name, role);
      }
    }
    if (there.has('Dockerfile.template') && there.has('changelog')) {
      this.dockerPkg.push(shown);
      return;
    }
    if (there.has('rootfs.toml') || there.has('rootfs.yaml')) {
      this.directories.push({ kind: 'rootfs', directory, shown, entries: names });
    }
    if (there.has('image.toml') || there.has('image.yaml')) {
      this.directories.push({ kind: 'plain', directory, shown, entries: names });
    }
    for (const [file, role] of there) {
      // Docker's name wins where both are there: one is often a link to the other.
      const isSecond =
        file.includes('Containerfile') && there.has(file.replace('Containerfile', 'Dockerfile'));
      if (role !== undefined && !isSecond) {
        this.found.push({ directory, shownDirectory: shown, path, file, role, entries: names });
      }
    }
  }

  #isLeftOut(path: string, name: string): boolean {
    return (
      this.#tree.boundary.isIgnored(join(this.#real, path, name)) ||
      this.#isExcluded(path === '' ? name : `${path}/${name}`)
    );
  }

  /** `path` is relative to the tree. */
  #isExcluded(path: string): boolean {
    return this.exclusion.leavesOut(path, join(this.#tree.shownDirectory, path));
  }

  #tooMany(): void {
    this.diagnostics.push(
      error('tree-large', `more than ${mostDirectories} directories are to be searched`, {
        place: { file: this.#tree.shownDirectory },
        hint: 'run this in the directory of the Dockerfiles, or exclude some in generate-bake.toml',
      }),
    );
  }
}

interface Visited {
  readonly directory: string;
  readonly shown: string;
  readonly path: string;
  readonly entries: readonly Dirent[];
  readonly names: ReadonlySet<string>;
}
