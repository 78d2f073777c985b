import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

/**
 * The file that is run for the name of a program: itself where it has a slash, else the first of that name
 * in the directories of `path`. Undefined where there is none that may be run.
 */
export function programAt(
  name: string,
  path: string | undefined,
  directory: string,
): string | undefined {
  if (name.includes('/')) {
    const file = resolve(directory, name);
    return isExecutable(file) ? file : undefined;
  }
  return (path ?? '')
    .split(delimiter)
    .filter((part) => part !== '')
    .map((part) => resolve(directory, part, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
