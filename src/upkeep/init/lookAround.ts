import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Compiled } from '#compiler/compile.js';
import { findDockerfiles } from '#compiler/definitions/dockerfiles/findDockerfiles.js';
import { openDirectory } from '#compiler/workspace/open.js';
import type { OpenInput } from '#compiler/workspace/workspace.js';
import { type ListDirectory, listDirectory, rememberDirectories } from '#core/files/directories.js';
import { shownPath } from '#core/files/paths.js';
import { compileAll } from '../compileAll.js';
import { importDockerPkg } from '../import/importDockerPkg.js';
import type { Imported } from '../import/importStages.js';
import { besideTrees } from './besideTrees.js';

/** What a directory has that could be built. */
export interface LookedAround {
  /** Paths of Dockerfiles, relative to the directory. */
  readonly dockerfiles: readonly string[];
  /** Paths of what other tools build by. */
  readonly composeFiles: readonly string[];
  readonly bakeFiles: readonly string[];
  /** Directories of docker-pkg images, relative to the directory. */
  readonly dockerPkg: readonly string[];
  /** What `import docker-pkg` makes of those, with the Dockerfiles; absent: they have no configuration, or there are none. */
  readonly trees?: Imported;
  /** Which directory to search, relative to it; `.` is all. */
  readonly searched: string;
  /** The images as they would be linked. */
  readonly compiled: Compiled;
}

/**
 * Looks for plain Dockerfiles below a directory (absolute), and what is linked if nothing but the
 * conventions say so. Where that is nothing, but the Dockerfiles of one of its directories name each
 * other by their paths below that, it is the directory to search.
 */
export function lookAround(input: OpenInput, directory: string): LookedAround {
  const list = rememberDirectories();
  const root = { directory, shown: shownPath(input.cwd, directory) };
  const whole = openDirectory(input, directory, root).value;
  const [tree] = whole.trees;
  const found = tree?.dockerfiles && findDockerfiles(tree, tree.dockerfiles, list);
  const dockerfiles = (found?.value ?? []).map(({ path, file }) => join(path, file));
  const all = compileAll(whole, list);
  const tops = new Set(
    dockerfiles.flatMap((path) => (path.includes('/') ? [path.slice(0, path.indexOf('/'))] : [])),
  );
  let best = { searched: '.', compiled: all };
  if (linksOf(all) === 0) {
    for (const top of tops) {
      const part = compileAll(openDirectory(input, join(directory, top), root).value, list);
      if (linksOf(part) > linksOf(best.compiled)) {
        best = { searched: top, compiled: part };
      }
    }
  }
  const dockerPkg = (found?.dockerPkg ?? []).map((path) => relative(root.shown, path));
  const trees = importDockerPkg({
    files: [
      ...list(directory).map(({ name }) => name),
      ...dockerPkg.flatMap((path) => [join(path, 'changelog'), join(path, 'Dockerfile.template')]),
    ].sort(),
  });
  return {
    dockerfiles,
    dockerPkg,
    ...(trees === undefined
      ? {}
      : { trees: besideTrees(trees, { dockerfiles, dockerPkg, searched: best.searched }) }),
    ...otherTools(directory, list),
    ...best,
  };
}

export function linksOf({ graph }: Compiled): number {
  return graph.images.reduce((sum, { parents }) => sum + parents.length, 0);
}

/** Deep enough for a repository of projects. */
const deepest = 4;
const notSearched = /^(?:\..*|node_modules|vendor)$/;

function otherTools(
  top: string,
  list: ListDirectory = listDirectory,
): Pick<LookedAround, 'composeFiles' | 'bakeFiles'> {
  const composeFiles: string[] = [];
  const bakeFiles: string[] = [];
  const visit = (path: string, depth: number): void => {
    if (path !== '' && existsSync(join(top, path, '.git'))) {
      return;
    }
    let entries: ReturnType<ListDirectory> = [];
    try {
      entries = list(join(top, path));
    } catch {
      // The search for Dockerfiles tells of it.
    }
    for (const entry of entries) {
      const below = join(path, entry.name);
      if (/^(?:docker-)?compose(?:\.[^/]+)?\.ya?ml$/.test(entry.name)) {
        composeFiles.push(below);
      } else if (/^docker-bake(?:\.[^/]+)?\.(?:hcl|json)$/.test(entry.name)) {
        bakeFiles.push(below);
      } else if (entry.isDirectory() && depth < deepest && !notSearched.test(entry.name)) {
        visit(below, depth + 1);
      }
    }
  };
  visit('', 0);
  return { composeFiles: composeFiles.sort(), bakeFiles: bakeFiles.sort() };
}
