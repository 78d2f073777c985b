import { basename, join } from 'node:path';
import { isWithin } from '#core/files/paths.js';
import type { ImageDefinition } from './definition.js';

/** The images in the directories, or of the stages, that a workspace is narrowed to. */
export function narrowed(
  definitions: readonly ImageDefinition[],
  within: readonly string[],
): readonly ImageDefinition[] {
  if (within.length === 0) {
    return definitions;
  }
  return definitions.filter(
    (definition) =>
      within.some((one) => isWithin(one, definition.directory)) ||
      within.includes(stageFile(definition)),
  );
}

/** Where a stage's Dockerfile is; elsewhere no path of a stage. */
function stageFile({ tree, dockerfile }: ImageDefinition): string {
  return join(tree.directory, basename(dockerfile.file));
}
