import { realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { lookBehind } from './lookAt.js';
import { isWithin } from './paths.js';
import { Refused } from './refused.js';

/** What git says of the files of one work tree. */
export interface WorkTree {
  /** Absolute, links resolved. */
  readonly root: string;
  /**
   * Whether git tracks a file, or would add it; the path is relative to `root`. A string says why
   * git cannot tell.
   */
  readonly has: (path: string) => boolean | string;
}

/** The work tree that a directory (absolute, links resolved) is in; undefined outside of any. */
export type FindWorkTree = (directory: string) => WorkTree | undefined;

/**
 * What a tree may read through a link or a `..`: what git tracks or would add in the work tree that
 * `directory` is in; outside of a work tree, what is below `directory`. Never git's files, ours, or
 * a file that holds a password. Nothing is looked up before the first question.
 */
export class Boundary {
  readonly #directory: string;
  readonly #find: FindWorkTree;
  readonly #secrets: readonly string[];
  /** What `secrets` are on disk, looked at once: thousands of files are compared with them. */
  #secretFiles: readonly { readonly dev: number; readonly ino: number }[] | undefined;
  #place: { readonly top: string; readonly workTree: WorkTree | undefined } | undefined;

  /** `secrets`: absolute paths of files that no tree may read. */
  constructor(directory: string, find: FindWorkTree, secrets: readonly string[] = []) {
    this.#directory = directory;
    this.#find = find;
    this.#secrets = secrets;
  }

  /** Why a file must not be read that a link or a `..` leads to; `real` is without links. */
  whyNot(real: string): string | undefined {
    const { top, workTree } = this.#where();
    if (!isWithin(top, real)) {
      return workTree === undefined ? 'points outside the tree' : 'points outside the repository';
    }
    const path = relative(top, real);
    if (isOwnOrGits(path)) {
      return 'points to a file of git or of generate-bake';
    }
    const has = workTree?.has(path) ?? true;
    if (typeof has === 'string') {
      return `points outside its directory, and git cannot tell whether the repository has it: ${has}`;
    }
    return has ? undefined : 'points to a file that git ignores';
  }

  /** Whether git says that a file (without links) is none of the repository's; false outside of one. */
  isIgnored(real: string): boolean {
    const { top, workTree } = this.#where();
    return isWithin(top, real) && workTree?.has(relative(top, real)) === false;
  }

  /** The same of a directory: what is in it is judged file by file, but only once it is inside. */
  whyNotDirectory(real: string): string | undefined {
    const { top, workTree } = this.#where();
    if (!isWithin(top, real)) {
      return workTree === undefined ? 'points outside the tree' : 'points outside the repository';
    }
    return isOwnOrGits(relative(top, real)) ? 'is of git or of generate-bake' : undefined;
  }

  /** The top of the work tree (absolute, links resolved); undefined outside of any. */
  workTree(): string | undefined {
    return this.#where().workTree?.root;
  }

  /** Throws `Refused` where an open file is one that holds a password, under whatever name. */
  checkSecret(file: { readonly dev: number; readonly ino: number }): void {
    this.#secretFiles ??= this.#secrets.flatMap((secret) => lookBehind(secret) ?? []);
    if (this.#secretFiles.some(({ dev, ino }) => dev === file.dev && ino === file.ino)) {
      throw new Refused('is the file of password_file, which no image may read');
    }
  }

  #where(): { readonly top: string; readonly workTree: WorkTree | undefined } {
    if (this.#place === undefined) {
      const directory = realpathSync(this.#directory);
      const workTree = this.#find(directory);
      this.#place = { top: workTree?.root ?? directory, workTree };
    }
    return this.#place;
  }
}

/** Whether a relative path leads into `.git` or `.generate-bake`, however they are spelt. */
export function isOwnOrGits(path: string): boolean {
  return path.split('/').some((part) => /^\.(?:git|generate-bake)$/i.test(part));
}
