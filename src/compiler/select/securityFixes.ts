import type { Reference } from '#core/reference/brands.js';
import type { Graph } from '../resolve/graph.js';

/**
 * The images whose newest version fixes a vulnerability: by their newest changelog block, or since they got
 * it in the same moment as such a one that they are built on, as `update` writes them.
 */
export function securityFixes({ images }: Pick<Graph, 'images'>): ReadonlySet<Reference> {
  const moments = new Map<Reference, string | undefined>();
  for (const { reference, rendered, parents } of images) {
    const { isSecurity, created } = rendered.definition;
    const above = parents.some(
      ({ parent }) => created !== undefined && moments.get(parent) === created,
    );
    if (isSecurity === true || above) {
      moments.set(reference, created);
    }
  }
  return new Set(moments.keys());
}
