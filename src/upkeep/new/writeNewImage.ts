// biome-ignore lint/style/noRestrictedImports: makes a new directory beside its place, and moves it there.
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { lookAt } from '#core/files/lookAt.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { whyNot } from '#core/files/paths.js';
import type { NewImage } from './planNewImage.js';

/**
 * Makes the directory, and those above it, whole or not at all: it is filled beside its place and then
 * moved there. One that is there already gets the files, where the image allows that.
 */
export function writeNewImage(image: NewImage): Diagnostic | undefined {
  const { directory, shownDirectory, files } = image;
  const place = { file: shownDirectory };
  const draft = join(dirname(directory), `.${basename(directory)}.new-${process.pid}`);
  let made: string | undefined;
  try {
    const present = lookAt(directory);
    if (present !== undefined) {
      return image.isAdded === true && present.isDirectory()
        ? addFiles(image)
        : exists(shownDirectory);
    }
    made = makeDirectory(dirname(directory));
    mkdirSync(draft);
    for (const { name, text, mode } of files) {
      writeFileSync(join(draft, name), text);
      chmodSync(join(draft, name), mode);
    }
    renameSync(draft, directory);
    return undefined;
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true });
    if (made !== undefined) {
      rmSync(made, { recursive: true, force: true });
    }
    const message = `${shownDirectory} cannot be made: it ${whyNot(cause)}`;
    const hint = 'name a directory that can be written: generate-bake new NAME DIR';
    return error('new-not-written', message, { place, hint });
  }
}

/** Into a directory that is there; a file that is there as well stays as it is. */
function addFiles({ directory, shownDirectory, files }: NewImage): Diagnostic | undefined {
  const present = files.find(({ name }) => lookAt(join(directory, name)) !== undefined);
  if (present !== undefined) {
    return exists(join(shownDirectory, present.name));
  }
  for (const { name, text, mode } of files) {
    writeFileSync(join(directory, name), text, { flag: 'wx', mode });
  }
  return undefined;
}

function exists(file: string): Diagnostic {
  const hint =
    'take another name, or remove it; generate-bake list shows the images that there are';
  return error('new-exists', `${file} exists already`, { place: { file }, hint });
}
