import { realpathSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { isWithin } from '#core/files/paths.js';
import { makeMarked, removeOwn, removeStale } from '#core/files/temporary.js';

const kind = 'revision';

/** A temporary directory in the place of a work tree, for what a commit has of it. */
export class RepositoryCopy {
  /** Absolute, without links, and empty at first. */
  readonly top: string;
  readonly #root: string;
  readonly #temporary: string;

  /** @param root of the work tree: absolute, without links */
  constructor(root: string) {
    // A run that was killed left its copy.
    removeStale(kind);
    this.#root = root;
    this.#temporary = realpathSync(makeMarked(kind));
    // Of the same name: a tree may be called after the directory that the repository is in.
    this.top = join(this.#temporary, 'copy', basename(root));
    makeDirectory(this.top);
  }

  /** Where something absolute of the work tree is in the copy; what is outside stays where it is. */
  inCopy(path: string): string {
    return isWithin(this.#root, path) ? join(this.top, relative(this.#root, path)) : path;
  }

  /** The same the other way round. */
  inWorkTree(path: string): string {
    return isWithin(this.top, path) ? join(this.#root, relative(this.top, path)) : path;
  }

  /** A path beside the copy, for what must not be in it. */
  beside(name: string): string {
    return join(this.#temporary, name);
  }

  remove(): void {
    removeOwn(this.#temporary);
  }
}
