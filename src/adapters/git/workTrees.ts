import type { FindWorkTree, WorkTree } from '#core/files/boundary.js';
import { git, nearestWorkTree } from './ask.js';
import { trackedPaths } from './indexPeek.js';

/** Finds work trees, and asks git for the files of each at most once, when that is needed. */
export function gitWorkTrees(): FindWorkTree {
  const known = new Map<string, WorkTree>();
  return (directory) => {
    const root = nearestWorkTree(directory);
    if (root === undefined) {
      return undefined;
    }
    let tree = known.get(root);
    if (tree === undefined) {
      tree = workTree(root);
      known.set(root, tree);
    }
    return tree;
  };
}

/** The work tree that a copy of a commit is: git has all of it. */
export function copyOfCommit(root: string): FindWorkTree {
  return () => ({ root, has: () => true });
}

function workTree(root: string): WorkTree {
  let tracked: ReadonlySet<string> | undefined;
  let files: ReadonlySet<string> | string | undefined;
  return {
    root,
    has: (path) => {
      // Most links lead to what is tracked.
      tracked ??= trackedPaths(root) ?? new Set();
      if (tracked.has(path)) {
        return true;
      }
      files ??= filesOf(root);
      return typeof files === 'string' ? files : files.has(path);
    },
  };
}

/** What git tracks or would add, relative to the root; or why git does not say. */
function filesOf(root: string): ReadonlySet<string> | string {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = git(root, words);
  if (listed.kind === 'failed') {
    return listed.reason;
  }
  return new Set(listed.value.split('\0'));
}
