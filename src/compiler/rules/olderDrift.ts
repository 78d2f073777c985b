import { posix } from 'node:path';
import { addTo } from '#core/data/groups.js';

/** An image as far as the history of its files is concerned; paths are relative to the work tree's root. */
export interface Versioned {
  readonly name: string;
  /** The file that its version is written in. */
  readonly versionFile: string;
  /** Its build context; `.`: the root itself. */
  readonly directory: string;
  /** Whether a file below the context, or the Dockerfile, is part of what the image is made of. */
  readonly isPart: (file: string) => boolean;
}

/**
 * The images of which files changed in a commit after the one that last changed the file of their version: what is published
 * under that version may not be what they are now. Of an image whose version and files came together, or whose file of
 * versions no change names, nothing is said.
 *
 * @param changes the files of each commit, the newest commit first
 * @returns names, in the order of `images`
 */
export function olderDrift(
  images: readonly Versioned[],
  changes: Iterable<readonly string[]>,
): readonly string[] {
  const byVersion = new Map<string, Versioned[]>();
  const byDirectory = new Map<string, Versioned[]>();
  for (const image of images) {
    addTo(byVersion, image.versionFile, image);
    addTo(byDirectory, image.directory, image);
  }
  const left = new Set(images);
  const drifted = new Set<Versioned>();
  for (const files of changes) {
    for (const image of files.flatMap((file) => byVersion.get(file) ?? [])) {
      left.delete(image);
    }
    for (const file of files) {
      for (const image of above(file).flatMap((directory) => byDirectory.get(directory) ?? [])) {
        if (left.has(image) && image.isPart(file)) {
          left.delete(image);
          drifted.add(image);
        }
      }
    }
    if (left.size === 0) {
      break;
    }
  }
  return images.filter((image) => drifted.has(image)).map(({ name }) => name);
}

/** The directories that a file is in, the nearest first; the last is `.`. */
function above(file: string): readonly string[] {
  const found = [posix.dirname(file)];
  for (let at = found[0] ?? '.'; at !== '.'; at = posix.dirname(at)) {
    found.push(posix.dirname(at));
  }
  return found;
}
