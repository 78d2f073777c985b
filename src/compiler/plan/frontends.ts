import { type FrontendTakes, takesNothing } from '#formats/blubber/frontendTakes.js';
import { blubberOf } from '../definitions/definition.js';
import type { ResolvedImage } from '../resolve/graph.js';

/** What frontends take, by their references as files have them. */
export type KnownFrontends = ReadonlyMap<string, FrontendTakes>;

/** How the frontend of an image is given its parents. */
export type ParentsWay =
  /** In the same call as they are made: `target:` contexts. */
  | 'linked'
  /** Once they are there: `docker-image://` contexts. */
  | 'pinned'
  /** Once they are there: by a source policy, which replaces the references of the file. */
  | 'converted';

/**
 * How an image gets its parents: whatever BuildKit reads as a Dockerfile is linked; a variant of a Blubber file as its frontend
 * lets it, by what its tree says or what is known of its image. What nobody knows is converted, which works with every frontend.
 */
export function parentsWay(
  { rendered: { definition }, syntax }: ResolvedImage,
  known: KnownFrontends = new Map(),
): ParentsWay {
  if (blubberOf(definition) === undefined) {
    return 'linked';
  }
  const { dockerfile } = definition;
  const said = dockerfile.kind === 'plain' ? dockerfile.frontendTakes : undefined;
  const takes = said ?? known.get(syntax ?? '') ?? takesNothing;
  if (!takes.contexts) {
    return 'converted';
  }
  return takes.inputs ? 'linked' : 'pinned';
}
