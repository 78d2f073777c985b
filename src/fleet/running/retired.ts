import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { type CommittedFile, committedTexts } from '#adapters/git/blobs.js';
import type { Change, FindHistory } from '#adapters/git/history.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { joinLabel } from '#core/reference/label.js';
import { readNewestBlock } from '#formats/debian/changelog.js';
import type { Retired } from './judge.js';

/** Git is asked for no more commits than this: what was removed earlier is not found. */
const mostCommits = 5500;
/** As many removed definitions are looked at, of each tree. */
const mostFiles = 5000;

/**
 * Where these repositories were defined, of those whose definitions were removed from the trees: by the history of the current
 * commits, along first parents. An image is one of the name in a removed changelog, or of the directory of a removed
 * Dockerfile, in the tree's registry and namespace of today.
 *
 * @param canonical the one name of a repository
 */
export function findRetired(
  wanted: ReadonlySet<string>,
  trees: readonly Tree[],
  histories: FindHistory,
  canonical: (repository: string) => string,
): ReadonlyMap<string, Retired> {
  const found = new Map<string, Retired>();
  for (const tree of wanted.size === 0 ? [] : trees) {
    for (const removed of removedIn(tree, histories)) {
      for (const name of removed.names) {
        const { registry, namespace } = tree.config;
        const repository = canonical(
          joinLabel({ registry, namespace, name, version: '' }).repository,
        );
        if (wanted.has(repository) && !found.has(repository)) {
          found.set(repository, removed.retired);
        }
      }
    }
  }
  return found;
}

interface Removed {
  readonly names: readonly string[];
  readonly retired: Retired;
}

/** The newest first. */
function removedIn(tree: Tree, histories: FindHistory): readonly Removed[] {
  let directory: string;
  try {
    directory = realpathSync(tree.directory);
  } catch {
    return [];
  }
  const history = histories(directory);
  if (history.kind === 'failed') {
    return [];
  }
  const { root } = history.value;
  const prefix = relative(root, directory);
  const candidates = missingFiles(history.value.changes(), root, prefix);
  const asked = candidates.flatMap(({ path, change: { commit } }): CommittedFile[] => [
    { revision: commit, path },
    { revision: `${commit}^`, path },
  ]);
  const texts = committedTexts(root, asked);
  if (texts.kind === 'failed') {
    return [];
  }
  return candidates.flatMap(({ path, change: { commit, time } }, at): Removed[] => {
    const [now, before] = texts.value.slice(2 * at, 2 * at + 2);
    const text = now ?? before;
    if (text === undefined) {
      return [];
    }
    const inTree = relative(prefix, path);
    const file = join(tree.shownDirectory, inTree);
    // The commit that touched it last has it still: somebody removed it since.
    const by = now === undefined ? { commit, time } : {};
    return [{ names: namesOf(inTree, text), retired: { file, ...by } }];
  });
}

/** Files of definitions that are not there any more, each with the newest commit that touched it. */
function missingFiles(
  changes: Generator<{ kind: 'done'; value: Change } | { kind: 'failed'; reason: string }, void>,
  root: string,
  prefix: string,
): readonly { readonly path: string; readonly change: Change }[] {
  const seen = new Set<string>();
  const missing: { path: string; change: Change }[] = [];
  let commits = 0;
  for (const change of changes) {
    if (change.kind === 'failed' || ++commits > mostCommits || missing.length > mostFiles) {
      break;
    }
    for (const path of change.value.files) {
      const isBelow = prefix === '' || path.startsWith(`${prefix}/`);
      if (!isBelow || !isDefinition(path) || seen.has(path)) {
        continue;
      }
      seen.add(path);
      if (!path.includes('\n') && !existsSync(join(root, path))) {
        missing.push({ path, change: change.value });
      }
    }
  }
  return missing;
}

function isDefinition(path: string): boolean {
  return /(?:^|\/)(?:changelog|Dockerfile)$/.test(path);
}

/** What the image of a removed file was called. */
function namesOf(path: string, text: string): readonly string[] {
  if (basename(path) === 'changelog') {
    const name = readNewestBlock(path, text).value?.package;
    return name === undefined ? [] : [name];
  }
  const directory = dirname(path);
  return directory === '.' ? [] : [...new Set([directory, basename(directory)])];
}
