// biome-ignore-start lint/style/noRestrictedImports: makes files for a new root filesystem in a temporary directory of its own.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { basename, dirname, join } from 'node:path';
import type { RootfsRecipe } from './recipe.js';
import type { StepFile } from './steps.js';
import { stepsOf } from './steps.js';

export interface Overlay {
  readonly before: string;
  readonly after: string;
  readonly keys: string;
}

/**
 * Lays the files of a recipe's steps out below an empty directory, readable for the user that a
 * rootless mmdebstrap maps to root, and with one time for all, whenever they were checked out.
 */
export function writeOverlay(recipe: RootfsRecipe, work: string, epoch: number): Overlay {
  const overlay = {
    before: join(work, 'before'),
    after: join(work, 'after'),
    keys: join(work, 'keys'),
  };
  for (const directory of Object.values(overlay)) {
    makeDirectory(directory);
  }
  for (const step of stepsOf(recipe)) {
    for (const file of step.before ?? []) {
      put(overlay.before, file.target, file);
    }
    for (const file of step.after ?? []) {
      put(overlay.after, file.target, file);
    }
  }
  for (const key of recipe.keys) {
    put(overlay.keys, basename(key.target), key);
  }
  if (existsSync(recipe.keyring)) {
    copyFileSync(recipe.keyring, join(overlay.keys, basename(recipe.keyring)));
  }
  for (const directory of Object.values(overlay)) {
    stamp(directory, epoch);
  }
  return overlay;
}

function put(root: string, target: string, file: StepFile): void {
  const path = join(root, target);
  makeDirectory(dirname(path));
  if (!('text' in file) && file.content.kind === 'symlink') {
    symlinkSync(file.content.to, path);
    return;
  }
  if ('text' in file) {
    writeFileSync(path, file.text);
  } else {
    copyFileSync(file.source, path);
  }
  chmodSync(path, file.mode);
}

/** Whatever the umask. */
function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) {
    return;
  }
  for (let at = path; at.length >= first.length; at = dirname(at)) {
    chmodSync(at, 0o755);
  }
}

function stamp(path: string, epoch: number): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      stamp(join(path, entry.name), epoch);
    } else {
      lutimesSync(join(path, entry.name), epoch, epoch);
    }
  }
  lutimesSync(path, epoch, epoch);
}
