import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './paths.js';

/**
 * Makes a directory and those above it that are missing; gives the topmost that it made. Throws the
 * true cause where it cannot: Node's own `recursive` says ENOENT on a read-only file system, and
 * runs for ever below /proc.
 */
export function makeDirectory(path: string): string | undefined {
  const missing: string[] = [];
  for (let at = path; !existsSync(at) && dirname(at) !== at; at = dirname(at)) {
    missing.push(at);
  }
  for (const each of missing.reverse()) {
    try {
      mkdirSync(each);
    } catch (cause) {
      // Another process was quicker.
      if (codeOf(cause) !== 'EEXIST') {
        throw cause;
      }
    }
  }
  return missing[0];
}
