import type { Graph } from '#compiler/resolve/graph.js';
import type { Reference } from '#core/reference/brands.js';
import type { OpenedImage } from '../contents/openedImage.js';
import type { Inventory } from '../inventory/inventory.js';

/** An image as it was read. */
export interface ReadImage {
  readonly image: Pick<OpenedImage, 'settings'>;
  readonly inventory: Pick<Inventory, 'packages'>;
}

/** An image that stands on an earlier build of what its last stage starts from. */
export interface RebuiltBase {
  readonly reference: Reference;
  readonly base: string;
  /** Names, of the packages that the base has by now in another version than the image, or that the image lacks. */
  readonly packages: readonly string[];
  /** Names, of the variables that the base sets by now and the image lacks. */
  readonly environment: readonly string[];
}

/**
 * The images among the selected ones whose lowest layers are not those of what they start from: it moved, or was built again.
 * With the same packages and variables nothing is outdated. Only what was read is compared.
 */
export function rebuiltBases(
  graph: Graph,
  selected: ReadonlySet<Reference>,
  read: ReadonlyMap<string, ReadImage>,
): readonly RebuiltBase[] {
  return graph.images.flatMap(({ reference, base }): RebuiltBase[] => {
    const own = read.get(reference);
    const below = read.get(base);
    if (!selected.has(reference) || own === undefined || below === undefined) {
      return [];
    }
    const layers = own.image.settings.diffIds;
    if (below.image.settings.diffIds.every((layer, at) => layers[at] === layer)) {
      return [];
    }
    const versions = new Map(own.inventory.packages.map((each) => [keyOf(each), each.version]));
    const others = below.inventory.packages.filter(
      (each) => versions.get(keyOf(each)) !== each.version,
    );
    const known = new Set(variablesOf(own));
    return [
      {
        reference,
        base,
        packages: [...new Set(others.map(({ name }) => name))].sort(),
        environment: variablesOf(below).filter((name) => !known.has(name)),
      },
    ];
  });
}

function keyOf({ name, architecture }: { name: string; architecture: string }): string {
  return `${name}:${architecture}`;
}

function variablesOf({ image }: ReadImage): readonly string[] {
  return [...image.settings.settings.values()].flatMap(({ key, name }) =>
    key === 'env' && name !== undefined ? [name] : [],
  );
}
