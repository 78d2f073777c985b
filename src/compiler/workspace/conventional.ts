import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where plain Dockerfiles are looked for while no file says where. */
export interface ConventionalRoot {
  /** Absolute. */
  readonly directory: string;
  /** Why it is not the top of the git work tree, as a line for stderr; absent: it is, or there is none. */
  readonly note?: string;
}

/**
 * The top of the git work tree that `cwd` (absolute) is in; outside of one, `cwd`. A work tree of
 * another user does not count: whoever made it would say what is built.
 *
 * @param uid the user's id, where the system has one
 */
export function conventionalRoot(cwd: string, uid: number | undefined): ConventionalRoot {
  for (let directory = cwd; ; directory = dirname(directory)) {
    if (existsSync(join(directory, '.git'))) {
      const owner = statSync(directory).uid;
      if (directory === cwd || uid === undefined || owner === uid) {
        return { directory };
      }
      const note = `only this directory is searched: the git work tree ${directory} belongs to another user (id ${owner})`;
      return { directory: cwd, note };
    }
    if (dirname(directory) === directory) {
      return { directory: cwd };
    }
  }
}
