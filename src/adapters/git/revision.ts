import { commitOf, workTreeOf } from './git.js';
import { gitHistories } from './history.js';

/** The commit that a work tree is at. */
export interface Revision {
  readonly commit: string;
  /** Whether files are not as the commit has them; those that git ignores do not count. */
  readonly uncommitted: boolean;
}

/** The commit of the work tree that a directory is in; undefined where git does not say. */
export function revisionOf(directory: string): Revision | undefined {
  const root = workTreeOf(directory);
  const commit = root.kind === 'done' ? commitOf(root.value, 'HEAD') : root;
  const history = gitHistories()(directory);
  if (commit.kind === 'failed' || history.kind === 'failed') {
    return undefined;
  }
  const files = history.value.uncommitted();
  return files.kind === 'failed'
    ? undefined
    : { commit: commit.value, uncommitted: files.value.length > 0 };
}
