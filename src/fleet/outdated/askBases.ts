import type { Graph } from '#compiler/resolve/graph.js';
import { inOrder } from '#compiler/resolve/graph.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { parseReference } from '#core/reference/reference.js';
import type { OpenedImage } from '../contents/openedImage.js';
import { openPublished } from '../contents/openPublished.js';
import type { InventoryRequest } from '../inventory/askInventories.js';
import type { Inventory } from '../inventory/inventory.js';
import { type InventorySource, readInventories } from '../inventory/readInventories.js';
import { OpenedRegistries } from '../openedRegistries.js';

/** One that was read. */
interface ReadBase {
  readonly image: OpenedImage;
  readonly inventory: Inventory;
}

/**
 * The inventories of the images from outside the trees that these start from, by their references: of those in
 * a registry of the trees. Elsewhere nobody has said whose credentials are to be sent; what cannot be read is left out.
 */
export async function askBases(
  request: Pick<
    InventoryRequest,
    'graph' | 'selected' | 'accesses' | 'platform' | 'cache' | 'progress' | 'signal'
  >,
): Promise<ReadonlyMap<string, ReadBase>> {
  const { platform, progress } = request;
  const registries = new OpenedRegistries(request);
  try {
    const sources = outsideBases(request).flatMap((base): InventorySource<string>[] => {
      const parsed = parseReference(base);
      if (parsed.kind === 'problem') {
        return [];
      }
      const { domain, path, tag = 'latest', digest } = parsed;
      const repository = `${domain}/${path}` as Repository;
      const registry = registries.at(repository);
      const reference = digest ?? tag;
      return registry === undefined
        ? []
        : [
            {
              key: base,
              open: () => openPublished({ registry, repository, reference, platform, progress }),
            },
          ];
    });
    const readings = await readInventories(sources, request.cache);
    return new Map(
      [...readings].flatMap(([base, reading]) =>
        reading.kind === 'read' ? [[base, reading] as const] : [],
      ),
    );
  } finally {
    registries.close();
  }
}

function outsideBases({
  graph,
  selected,
}: {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
}): readonly string[] {
  const own = new Set<string>(inOrder(graph).map(({ reference }) => reference));
  const bases = graph.images
    .filter(({ reference }) => selected.has(reference))
    .map(({ base }) => base);
  return [...new Set(bases)].filter((base) => base !== 'scratch' && !own.has(base));
}
