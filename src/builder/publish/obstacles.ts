import { eachOf } from '#adapters/registry/pool.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { withheld } from '#compiler/version/withheld.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { groupBy } from '#core/data/groups.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import type { Refusal } from '../refusal.js';

/** An image that is to be pushed to a repository. */
interface Push {
  readonly reference: Reference;
  readonly repository: Repository;
  readonly access: RegistryAccess;
}

/** Where these images are published once they have passed. */
export function publications(
  graph: Graph,
  members: ReadonlySet<Reference>,
  accesses: ReadonlyMap<Tree, RegistryAccess>,
): readonly Push[] {
  const unshared = withheld(graph);
  return graph.images.flatMap(({ reference, rendered: { definition } }) => {
    const { tree, repository } = definition;
    const access = accesses.get(tree);
    const isPushed = members.has(reference) && access !== undefined && !unshared.has(reference);
    return isPushed ? [{ reference, repository, access }] : [];
  });
}

/**
 * Images of which a registry says that they could not be pushed: told before hours are spent on
 * building them. A registry that does not say so is no obstacle: the push shows.
 */
export async function pushObstacles(
  pushes: readonly Push[],
  during: 'publish' | 'stage',
  signal: AbortSignal,
): Promise<ReadonlyMap<Reference, Refusal>> {
  const refused = new Map<Reference, Refusal>();
  await Promise.all(
    [...groupBy(pushes, ({ access }) => access)].map(async ([access, group]) => {
      const registry = new Registry(access, { signal });
      try {
        const repositories = [...groupBy(group, ({ repository }) => repository)];
        await eachOf(repositories, access.workers, async ([repository, all]) => {
          const obstacle = await registry.pushObstacle(repository);
          if (obstacle === undefined) {
            return;
          }
          const { reason, hint } = obstacle;
          const told: Refusal = { during, reason: `${reason} (asked beforehand)`, hint };
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
