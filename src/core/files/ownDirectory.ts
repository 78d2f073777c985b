import { join } from 'node:path';
import { lookAt } from './lookAt.js';
import { whyNot } from './paths.js';
import { Refused } from './refused.js';
import { replaceFile } from './writeFile.js';
import { isInside, makeInside } from './writeInside.js';

/** The name of our directory in a user's tree. */
export const ownName = '.generate-bake';

/** What git tracks of something in a directory. */
export type Tracked =
  | { readonly kind: 'nothing' }
  /** One of the files, relative to the directory. */
  | { readonly kind: 'file'; readonly file: string }
  /** Why git cannot tell, as a clause. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Asks git about an entry of a directory (absolute) and all that is below it. */
export type FindTracked = (directory: string, name: string) => Tracked;

/**
 * Our directory beside the definitions, or in the working directory. What is in it we made ourselves:
 * no part of it is a link, and git tracks none of it, since anybody who may commit to the tree
 * could have put it there.
 */
export class OwnDirectory {
  readonly #parent: string;
  readonly #findTracked: FindTracked;
  #tracked: Tracked | undefined;

  /** `parent` is absolute. */
  constructor(parent: string, findTracked: FindTracked) {
    this.#parent = parent;
    this.#findTracked = findTracked;
  }

  /** Absolute; `way` is relative to it. */
  pathOf(way = ''): string {
    return join(this.#parent, ownName, way);
  }

  /** Makes it and the directory `way` in it, unseen by git; throws `Refused` where it is not ours. */
  make(way = ''): string {
    this.#check(way);
    const own = makeInside(this.#parent, ownName);
    const ignore = join(own, '.gitignore');
    const stat = lookAt(ignore);
    // A full disk may have left it empty.
    if (stat === undefined || (stat.isFile() && stat.size === 0)) {
      replaceFile(ignore, '*\n', undefined);
    } else if (!stat.isFile()) {
      throw new Refused(`is beside ${ownName}/.gitignore, which is not a regular file`);
    }
    return makeInside(this.#parent, join(ownName, way));
  }

  /**
   * Why what is in the directory `way` in it must not be used or removed, as a clause; undefined
   * where it is ours, or missing.
   */
  whyNot(way = ''): string | undefined {
    try {
      this.#check(way);
      return undefined;
    } catch (cause) {
      return whyNot(cause);
    }
  }

  /** The same of what is to be believed without a digest of our own: then git must know. */
  whyNotBelieved(way = ''): string | undefined {
    const why = this.whyNot(way);
    if (why !== undefined || this.#tracked?.kind !== 'unknown') {
      return why;
    }
    return `is in ${ownName}, and git cannot tell whether it tracks that: ${this.#tracked.reason}`;
  }

  #check(way: string): void {
    isInside(this.#parent, join(ownName, way));
    if (lookAt(this.pathOf()) === undefined) {
      return;
    }
    this.#tracked ??= this.#findTracked(this.#parent, ownName);
    if (this.#tracked.kind === 'file') {
      throw new Refused(
        `is in ${ownName}, which has a file that git tracks: ${this.#tracked.file}`,
      );
    }
  }
}
