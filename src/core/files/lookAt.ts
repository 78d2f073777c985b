import { lstatSync, type Stats } from 'node:fs';
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
