import { type KnownFrontends, parentsWay } from '#compiler/plan/frontends.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { matchImages } from '#compiler/select/matchImages.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { groupBy } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';
import { type Durations, typicalOf } from '../durations/durations.js';
import type { Fit } from '../platforms/placing.js';
import type { Job } from './call.js';

/** The images to build, each with its parents among them. */
export function jobsOf(
  graph: Graph,
  decisions: readonly Decision[],
  durations: Durations,
  fits: ReadonlyMap<Reference, Fit>,
  frontends: KnownFrontends,
): readonly Job[] {
  const exclusive = exclusiveImages(graph);
  return decisions.map(({ reference, parents }) => {
    const milliseconds = typicalOf(durations, reference)?.build;
    const fit = fits.get(reference);
    const image = graph.byReference.get(reference);
    const isApart = image !== undefined && parentsWay(image, frontends) !== 'linked';
    return {
      reference,
      parents: parents.flatMap((use) => (use.kind === 'link' ? [use.parent] : [])),
      exclusive: exclusive.has(reference),
      ...(isApart ? { apart: true } : {}),
      ...(milliseconds === undefined ? {} : { milliseconds }),
      ...(fit === undefined ? {} : { fit }),
    };
  });
}

/** What `exclusive_images` of each tree matches among its own images; globs that match none are fine. */
function exclusiveImages(graph: Graph): ReadonlySet<Reference> {
  const definitions = graph.images
    .map(({ rendered }) => rendered.definition)
    .filter(({ tree }) => tree.config.exclusiveImages.length > 0);
  const matched = new Set<Reference>();
  for (const [tree, members] of groupBy(definitions, (definition) => definition.tree)) {
    for (const definition of matchImages(members, tree.config.exclusiveImages, '--select').value) {
      matched.add(definition.reference);
    }
  }
  return matched;
}

/** So many images at once on each of several builders, where nothing else is said. */
const jobsOfABuilder = 4;

/** The bound on images at once on each builder of a pool, or on the only one; 0: there is none. */
export function jobsOfEach(
  option: number | undefined,
  trees: Iterable<Tree>,
  pool: readonly unknown[] | undefined,
): number {
  return jobsLimit(option, trees) || (pool === undefined ? 0 : jobsOfABuilder);
}

/** The bound on images at once: the option, else the smallest of the trees' `jobs`, else none (0). */
function jobsLimit(option: number | undefined, trees: Iterable<Tree>): number {
  if (option !== undefined) {
    return option;
  }
  const configured = [...trees].flatMap(({ config }) => config.jobs ?? []);
  return configured.length === 0 ? 0 : Math.min(...configured);
}
