import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { groupBy } from '#core/data/groups.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { makeIgnoredDirectory } from '#core/files/ignoreInGit.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { whyNot } from '#core/files/paths.js';
import type { PlannedFile } from '../plan/plan.js';

/**
 * Writes the files of a plan below `directory` (the working directory), before the plan itself is
 * written. They are in directories named by a digest of their contents (`.generate-bake/contexts/…`):
 * each is made beside its place and moved there whole, and one that is there is used again. Gives an
 * error for each unit that cannot be written.
 */
export function writePlannedFiles(
  directory: string,
  files: readonly PlannedFile[],
): readonly Diagnostic[] {
  const units = groupBy(files, (file) => file.path.split('/', unitDepth).join('/'));
  const diagnostics: Diagnostic[] = [];
  for (const [unit, members] of units) {
    try {
      writeUnit(directory, unit, members);
    } catch (cause) {
      diagnostics.push(
        error('unwritable', `${unit}, which the plan needs, ${whyNot(cause)}`, {
          place: { file: unit },
          hint: 'generate-bake writes below the working directory what bake cannot take from the tree',
        }),
      );
    }
  }
  return diagnostics;
}

/** `.generate-bake`, what it is, its digest. */
const unitDepth = 3;

function writeUnit(directory: string, unit: string, files: readonly PlannedFile[]): void {
  const place = join(directory, unit);
  makeDirectory(dirname(place));
  makeIgnoredDirectory(dirname(dirname(place)));
  if (isThere(place, unit, files)) {
    return;
  }
  const draft = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
  try {
    for (const file of files) {
      write(`${draft}${file.path.slice(unit.length)}`, file);
    }
    // Last and from the bottom up: a directory may be closed to its owner.
    for (const file of files.toReversed()) {
      if (file.kind === 'directory') {
        chmodSync(`${draft}${file.path.slice(unit.length)}`, file.mode);
      }
    }
    try {
      renameSync(draft, place);
    } catch (cause) {
      // Another process made the same unit in the meantime.
      if (!isThere(place, unit, files)) {
        throw cause;
      }
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Texts are compared, since they are at hand; a directory is only ever moved here whole. */
function isThere(place: string, unit: string, files: readonly PlannedFile[]): boolean {
  if (!existsSync(place)) {
    return false;
  }
  const [only] = files;
  if (only?.kind !== 'text' || only.path !== unit) {
    return true;
  }
  return readFileSync(place, 'utf8') === only.text;
}

function write(path: string, file: PlannedFile): void {
  makeDirectory(dirname(path));
  switch (file.kind) {
    case 'text':
      writeFileSync(path, file.text);
      return;
    case 'symlink':
      symlinkSync(file.target, path);
      return;
    case 'directory':
      makeDirectory(path);
      return;
    case 'copy': {
      copyFileSync(file.source, path);
      chmodSync(path, file.mode);
      // COPY keeps a file's time, so that a copy of today would show in the image.
      const { atime, mtime } = statSync(file.source);
      utimesSync(path, atime, mtime);
    }
  }
}
