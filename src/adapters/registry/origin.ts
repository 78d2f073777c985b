import { existsSync, realpathSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import type { CredentialSettings } from './settings.js';

/** Tells whether a key of the configuration was set by a file that a stranger may change. */
export type IsOfTree = (key: string) => boolean;

/**
 * Files inside the git work tree that holds `directory` (the outermost one, so that a submodule
 * makes nothing else trusted) belong to the tree. Without git, those below the directory do, and
 * those below the working directory where that holds the tree. A link belongs to the tree where it
 * or its target lies inside.
 */
export function originIn(
  directory: string,
  { places }: Pick<CredentialSettings, 'places'>,
): IsOfTree {
  const roots = rootsOf(real(directory));
  return (key) => {
    const file = places.get(key)?.file;
    if (file === undefined) {
      return false;
    }
    const path = resolve(file);
    const written = resolve(real(dirname(path)), path.slice(dirname(path).length + 1));
    return [written, real(path)].some((each) => roots.some((root) => isBelow(each, root)));
  };
}

function rootsOf(directory: string): readonly string[] {
  let outermost: string | undefined;
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(resolve(at, '.git'))) {
      outermost = at;
    }
    if (dirname(at) === at) {
      break;
    }
  }
  if (outermost !== undefined) {
    return [outermost];
  }
  const working = real(process.cwd());
  return isBelow(directory, working) ? [working] : [directory];
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** The path without links; the path itself where it does not exist. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
