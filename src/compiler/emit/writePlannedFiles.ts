// biome-ignore-start lint/style/noRestrictedImports: makes copies of contexts in a directory that OwnDirectory has made.
import {
  chmodSync,
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { basename, dirname, join } from 'node:path';
import { trackedIn } from '#adapters/git/git.js';
import { groupBy } from '#core/data/groups.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { lookAt } from '#core/files/lookAt.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { OwnDirectory, ownName } from '#core/files/ownDirectory.js';
import { whyNot } from '#core/files/paths.js';
import { Refused } from '#core/files/refused.js';
import { removeLeftovers } from '#core/files/writeInside.js';
import { copyDigest } from '../context/copyDigest.js';
import type { PlannedFile } from '../plan/plan.js';

/**
 * Writes the files of a plan below `directory` (the working directory), before the plan itself is
 * written. They are in directories named by a digest of their contents (`.generate-bake/contexts/…`):
 * each is made beside its place and moved there whole. One that is there is used again if it has
 * that content, and else made anew. Gives an error for each unit that cannot be written.
 */
export function writePlannedFiles(
  directory: string,
  files: readonly PlannedFile[],
): readonly Diagnostic[] {
  const units = groupBy(files, (file) => file.path.split('/', unitDepth).join('/'));
  const own = new OwnDirectory(directory, trackedIn);
  const tidied = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const [unit, members] of units) {
    try {
      const store = own.make(dirname(unit).slice(`${ownName}/`.length));
      if (!tidied.has(store)) {
        tidied.add(store);
        removeLeftovers(store, draftName);
      }
      writeUnit(directory, unit, members);
    } catch (cause) {
      diagnostics.push(
        error('unwritable', `${unit}, which the plan needs, ${whyNot(cause)}`, {
          place: { file: unit },
          hint:
            cause instanceof Refused
              ? `remove it: generate-bake makes ${ownName} itself, for what bake cannot take from the tree`
              : 'generate-bake writes below the working directory what bake cannot take from the tree',
        }),
      );
    }
  }
  return diagnostics;
}

/** `.generate-bake`, what it is, its digest. */
const unitDepth = 3;

/** A unit on its way; the first group is the process that makes it. */
const draftName = /^\.[0-9a-f]{64}(?:\.dockerignore)?\.(\d+)\.tmp$/;

function writeUnit(directory: string, unit: string, files: readonly PlannedFile[]): void {
  const place = join(directory, unit);
  if (isThere(place, unit, files)) {
    return;
  }
  // What is there has another content than its name says; units appear whole.
  rmSync(place, { recursive: true, force: true });
  const draft = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
  rmSync(draft, { recursive: true, force: true });
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

/** Whether a unit is there with the content that it is to have; its name alone proves nothing. */
function isThere(place: string, unit: string, files: readonly PlannedFile[]): boolean {
  const stat = lookAt(place);
  const [only] = files;
  if (only?.kind === 'text' && only.path === unit) {
    return stat?.isFile() === true && readFileSync(place, 'utf8') === only.text;
  }
  return stat?.isDirectory() === true && copyDigest(place) === basename(place);
}

function write(path: string, file: PlannedFile): void {
  makeDirectory(dirname(path));
  switch (file.kind) {
    case 'text':
      writeFileSync(path, file.text);
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
