import { join, relative, resolve } from 'node:path';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { rebuildName } from '#compiler/definitions/rebuilds.js';
import { countsIn } from '#compiler/workspace/rebuilds.js';
import type { Place } from '#core/diagnostics/diagnostic.js';
import { readBytes } from '#core/files/readBytes.js';
import { readNewestBlock } from '#formats/debian/changelog.js';
import { hasChangelog } from './spotEdit.js';

/** A file that holds the version of an image, or a part of it. */
export interface Holder {
  /** Absolute. */
  readonly file: string;
  /** Whether it may be an input too; else it says the version and nothing of what is built. */
  readonly isInput: boolean;
  /** Whether another text of the file has the version that the file has now; undefined: there was none. */
  readonly isSame: (text: string | undefined) => boolean;
  /** It holds how often the image was rebuilt, and not of which version it is. */
  readonly isRebuilds?: true;
}

/** What holds the version of an image; none where it follows from something else. */
export function holdersOf(image: ImageDefinition): readonly Holder[] {
  return [...versionHolders(image), ...rebuildHolders(image)];
}

function rebuildHolders(image: ImageDefinition): readonly Holder[] {
  const { tree, rebuilds: count } = image;
  if (tree.rebuilds?.text === undefined || count === undefined) {
    return [];
  }
  const { file, shownFile } = tree.rebuilds;
  const name = rebuildName(image);
  const isSame = (text: string | undefined): boolean =>
    text !== undefined && countsIn(shownFile, text).value.counts.get(name)?.value === count;
  return [{ file, isInput: false, isSame, isRebuilds: true }];
}

function versionHolders(image: ImageDefinition): readonly Holder[] {
  const { versionSpot: spot, sharedVersion: shared, tree } = image;
  if (spot !== undefined) {
    return lineHolder(spot.file, spot.place, true);
  }
  if (shared !== undefined) {
    const file = resolve(tree.directory, relative(tree.shownDirectory, shared.file));
    return lineHolder(file, shared, false);
  }
  if (!hasChangelog(image)) {
    return [];
  }
  const file = join(image.home ?? image.directory, 'changelog');
  const isSame = (text: string | undefined): boolean =>
    text !== undefined && readNewestBlock(file, text).value?.version === image.version;
  return [{ file, isInput: false, isSame }];
}

function lineHolder(file: string, { lineText: line }: Place, isInput: boolean): readonly Holder[] {
  if (line === undefined) {
    return [];
  }
  // Another image may have the same line: then there must be as many of them.
  const wanted = timesNow(file, line);
  const isSame = (text: string | undefined): boolean =>
    text !== undefined && times(text, line) >= wanted;
  return [{ file, isInput, isSame }];
}

function times(text: string, line: string): number {
  return text.split(/\r?\n/).filter((each) => each === line).length;
}

function timesNow(file: string, line: string): number {
  try {
    return times(readBytes(file).toString('utf8'), line);
  } catch {
    return 1; // What cannot be read is reported where it is changed.
  }
}
