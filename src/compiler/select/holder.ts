import type { BrokenImage } from '../definitions/broken.js';
import type { Graph, GraphNode } from '../resolve/graph.js';
import type { Hold, HoldStop } from '../workspace/holdKeys.js';
import { heldBy } from './heldBy.js';
import { securityFixes } from './securityFixes.js';

/** Which hold stops what for an image of a graph. */
export type Holder = (
  image: Pick<GraphNode, 'reference' | 'sound' | 'broken'>,
  stop: HoldStop,
) => Hold | undefined;

/** `heldBy` for the images of a graph, at one moment for all of them. */
export function holder(graph: Graph, now: Date): Holder {
  let fixes: ReturnType<typeof securityFixes> | undefined;
  return ({ reference, sound, broken }, stop) => {
    if (sound === undefined) {
      return broken === undefined ? undefined : heldBroken(broken.image, stop, now);
    }
    const { definition } = sound.rendered;
    if (definition.tree.holds === undefined) {
      return undefined;
    }
    fixes ??= securityFixes(graph);
    return heldBy(definition, stop, { now, isSecurity: fixes.has(reference) });
  };
}

/** The hold on a broken image, or on the one whose fault it is that it is broken. */
export function heldBroken(image: BrokenImage, stop: HoldStop, now: Date): Hold | undefined {
  let at: BrokenImage | undefined = image;
  for (let seen = 0; at !== undefined && seen < 10_000; seen++) {
    const hold = heldBy(at, stop, { now });
    if (hold !== undefined) {
      return hold;
    }
    at = at.because;
  }
  return undefined;
}
