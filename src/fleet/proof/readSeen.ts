import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { openPublished } from '../contents/openPublished.js';
import type { InventoryRequest } from '../inventory/askInventories.js';
import { type InventorySource, readInventories } from '../inventory/readInventories.js';
import { OpenedRegistries } from '../openedRegistries.js';
import type { Seen } from './proof.js';
import type { PublishedImage } from './published.js';

/**
 * What the images of a report have, and had before, by digest; a clause for one that cannot be read. Only repositories of
 * the trees are asked for: a report may come from anywhere.
 */
export async function readSeen(
  published: readonly PublishedImage[],
  request: Pick<
    InventoryRequest,
    'graph' | 'accesses' | 'platform' | 'cache' | 'progress' | 'signal'
  >,
): Promise<ReadonlyMap<Digest, Seen | string>> {
  const { graph, platform, progress } = request;
  const trees = new Map<Repository, Tree>(
    graph.images.map(({ rendered: { definition } }) => [definition.repository, definition.tree]),
  );
  const seen = new Map<Digest, Seen | string>();
  const registries = new OpenedRegistries(request);
  try {
    const sources = published.flatMap(
      ({ repository, digest, before }): InventorySource<Digest>[] => {
        const tree = trees.get(repository);
        const registry = tree && registries.of(tree);
        const digests = [digest, ...(before === undefined ? [] : [before.digest])];
        if (registry === undefined) {
          for (const each of digests) {
            seen.set(each, `no tree has ${repository}`);
          }
          return [];
        }
        return digests.map((key) => ({
          key,
          open: () => openPublished({ registry, repository, reference: key, platform, progress }),
        }));
      },
    );
    const readings = await readInventories(sources, request.cache);
    for (const [digest, reading] of readings) {
      if (reading.kind === 'read') {
        const { image, inventory } = reading;
        seen.set(digest, { inventory, layers: image.settings.diffIds });
      } else if (reading.kind === 'failed') {
        seen.set(digest, reading.failure.reason);
      }
    }
    return seen;
  } finally {
    registries.close();
  }
}
