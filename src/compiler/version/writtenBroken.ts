import type { Reference } from '#core/reference/brands.js';
import type { Graph } from '../resolve/graph.js';

/** The broken images whose versions are known all the same: somebody wrote them. */
export function writtenBroken({ broken }: Graph): readonly Reference[] {
  return broken.flatMap(({ image: { reference, version, definition } }) => {
    const isWord = version === 'content' || version === 'commit';
    const isComputed = definition === undefined ? isWord : definition.computed !== undefined;
    return reference === undefined || isComputed ? [] : [reference];
  });
}
