import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import type { Hold } from '../workspace/holdKeys.js';
import { isCovered, phaseOf } from './heldBy.js';
import type { Matchable } from './matchImages.js';

/** A doubt for every name and glob of a hold that is about no image, unless the hold is over. */
export function unusedHolds(
  holds: readonly Hold[],
  images: readonly Matchable[],
  now: Date,
): readonly Diagnostic[] {
  return holds
    .filter((hold) => phaseOf(hold, now) !== 'over')
    .flatMap((hold) => hold.images)
    .filter((glob) => !images.some((image) => isCovered({ images: [glob] }, image)))
    .map(({ value, place }) =>
      warning('hold-unused', `no image matches ${JSON.stringify(value)} of the hold`, {
        place,
        hint: 'correct it, or remove it: generate-bake list shows all images',
      }),
    );
}
