// biome-ignore lint/style/noRestrictedImports: makes a new directory beside its place, and moves it there.
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { lookAt } from '#core/files/lookAt.js';
import { whyNot } from '#core/files/paths.js';
import type { NewImage } from './planNewImage.js';

/** Makes the directory whole or not at all: it is filled beside its place and then moved there. */
export function writeNewImage(image: NewImage): Diagnostic | undefined {
  const place = { file: image.shownDirectory };
  const draft = join(dirname(image.directory), `.${basename(image.directory)}.new-${process.pid}`);
  try {
    if (lookAt(image.directory) !== undefined) {
      const hint = 'take another name, or remove it';
      return error('new-exists', `${image.shownDirectory} exists already`, { place, hint });
    }
    mkdirSync(draft);
    for (const { name, text, mode } of image.files) {
      writeFileSync(join(draft, name), text);
      chmodSync(join(draft, name), mode);
    }
    renameSync(draft, image.directory);
    return undefined;
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true });
    const message = `${image.shownDirectory} cannot be made: it ${whyNot(cause)}`;
    return error('new-not-written', message, { place });
  }
}
