import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The directory of this package (absolute), in which package.json and `templates` are. It is found
 * by looking up from this module, so that it is right in `dist/` and in the joined program alike.
 */
export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) {
      throw new Error(`no package.json above ${import.meta.url}`);
    }
    directory = parent;
  }
  return directory;
}
