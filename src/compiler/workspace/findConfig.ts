import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Outcome } from '#core/diagnostics/diagnostic.js';
import type { FindWorkTree } from '#core/files/boundary.js';
import { shownPath } from '#core/files/paths.js';
import { foreign } from './findWorkspace.js';

/**
 * The config.yaml of the nearest directory above `cwd`, up to the top of the git work tree that
 * `cwd` is in: outside of one, nothing says where a repository ends. One that another user owns is
 * refused, as a workspace file is.
 */
export function findConfigAbove(
  cwd: string,
  workTrees: FindWorkTree,
  uid: number | undefined,
): Outcome<string | undefined> {
  const real = realpathSync(cwd);
  const top = workTrees(real)?.root;
  if (top === undefined) {
    return { value: undefined, diagnostics: [] };
  }
  let directory = cwd;
  for (let at = real; at !== top && dirname(at) !== at; at = dirname(at)) {
    directory = dirname(directory);
    const file = join(directory, 'config.yaml');
    if (!existsSync(file)) {
      continue;
    }
    const owner = statSync(file).uid;
    if (uid === undefined || owner === uid) {
      return { value: file, diagnostics: [] };
    }
    const problem = foreign('configuration file', shownPath(cwd, file), owner, '-c');
    return { value: undefined, diagnostics: [problem] };
  }
  return { value: undefined, diagnostics: [] };
}
