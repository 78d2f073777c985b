import { basename, join } from 'node:path';
import { isWithin } from '#core/files/paths.js';

/** What a workspace is narrowed by: definitions, and images that are broken. */
export interface Placed {
  /** Absolute. */
  readonly directory: string;
  /** Absolute: the directory that defines it; absent: `directory`. */
  readonly home?: string;
  /** Absolute, of a stage: its Dockerfile. */
  readonly stageFile?: string;
  /** Its Dockerfile, as a person would open it. */
  readonly dockerfile?: { readonly file: string };
}

/** The images in the directories, or of the Dockerfiles, that a workspace is narrowed to. */
export function narrowed<Image extends Placed>(
  images: readonly Image[],
  within: readonly string[],
): readonly Image[] {
  if (within.length === 0) {
    return images;
  }
  return images.filter((image) => within.some((path) => isOf(image, path)));
}

function isOf(
  { directory, home = directory, stageFile, dockerfile }: Placed,
  path: string,
): boolean {
  if (isWithin(path, home) || path === stageFile) {
    return true;
  }
  return dockerfile !== undefined && path === join(home, basename(dockerfile.file));
}
