import { lstatSync, type Stats, statSync } from 'node:fs';
import { isMissing } from './paths.js';

/**
 * What is at a path itself, a link as a link; undefined where nothing is. Node's `throwIfNoEntry`
 * throws where a part of the path is a file.
 */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (cause) {
    if (isMissing(cause)) {
      return undefined;
    }
    throw cause;
  }
}

/**
 * What a path leads to, links followed; undefined where it leads to nothing that can be looked at: a
 * link to itself too, for which `throwIfNoEntry: false` throws all the same.
 */
export function lookBehind(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
