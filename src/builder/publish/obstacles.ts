import { eachOf } from '#adapters/registry/pool.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { withheld } from '#compiler/version/withheld.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { groupBy } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import type { Refusal } from '../refusal.js';

/**
 * Images of which a registry says that they could not be pushed: told before hours are spent on
 * building them. A registry that does not say so is no obstacle: the push shows.
 */
export async function pushObstacles(
  graph: Graph,
  members: ReadonlySet<Reference>,
  accesses: ReadonlyMap<Tree, RegistryAccess>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Reference, Refusal>> {
  const refused = new Map<Reference, Refusal>();
  const unshared = withheld(graph);
  const images = graph.images.flatMap(({ reference, rendered: { definition } }) => {
    const { tree, repository } = definition;
    const isPushed = members.has(reference) && accesses.has(tree) && !unshared.has(reference);
    return isPushed ? [{ reference, tree, repository }] : [];
  });
  const ofTrees = [...groupBy(images, ({ tree }) => tree)];
  await Promise.all(
    ofTrees.map(async ([tree, group]) => {
      const access = accesses.get(tree);
      if (access === undefined) {
        return;
      }
      const registry = new Registry(access, { signal });
      try {
        const repositories = [...groupBy(group, ({ repository }) => repository)];
        await eachOf(repositories, access.workers, async ([repository, all]) => {
          const obstacle = await registry.pushObstacle(repository);
          if (obstacle === undefined) {
            return;
          }
          const { reason, hint } = obstacle;
          const told: Refusal = { during: 'publish', reason: `${reason} (asked beforehand)`, hint };
          for (const { reference } of all) {
            refused.set(reference, told);
          }
        });
      } finally {
        registry.close();
      }
    }),
  );
  return refused;
}
