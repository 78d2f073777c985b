import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes a directory of ours in a user's tree, which git then does not see. */
export function makeIgnoredDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
  const file = join(path, '.gitignore');
  if (!existsSync(file)) writeFileSync(file, '*\n');
}
