import type { Reference } from '#core/reference/brands.js';
import type { Graph } from '../resolve/graph.js';

/**
 * The images that are never published, each with the reason: nobody else could make them, since files
 * that they are made of are in no commit. Nor is what is built on them.
 */
export function withheld({ images }: Graph): ReadonlyMap<Reference, string> {
  const reasons = new Map<Reference, string>();
  for (const { reference, rendered, parents } of images) {
    const above = parents.find(({ parent }) => reasons.has(parent));
    if (rendered.definition.computed?.isDirty === true) {
      reasons.set(reference, 'it is made of files that are not committed');
    } else if (above !== undefined) {
      reasons.set(reference, `it is built on ${above.parent}, which is never published`);
    }
  }
  return reasons;
}
