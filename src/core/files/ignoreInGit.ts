import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from './makeDirectory.js';

/** Makes a directory of ours in a user's tree, which git then does not see. */
export function makeIgnoredDirectory(path: string): void {
  makeDirectory(path);
  const file = join(path, '.gitignore');
  if (!existsSync(file)) {
    writeFileSync(file, '*\n');
  }
}
