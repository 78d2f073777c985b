import { isWithin } from '#core/files/paths.js';

/** What a workspace is narrowed by: definitions, and images that are broken. */
interface Placed {
  /** Absolute. */
  readonly directory: string;
  /** Absolute: the directory that defines it; absent: `directory`. */
  readonly home?: string;
  /** Absolute, of a stage: its Dockerfile. */
  readonly stageFile?: string;
}

/** The images in the directories, or of the stages, that a workspace is narrowed to. */
export function narrowed<Image extends Placed>(
  images: readonly Image[],
  within: readonly string[],
): readonly Image[] {
  if (within.length === 0) {
    return images;
  }
  return images.filter(
    ({ directory, home = directory, stageFile }) =>
      within.some((one) => isWithin(one, home)) ||
      (stageFile !== undefined && within.includes(stageFile)),
  );
}
