import type { DatabasePackage } from '#formats/debian/installed.js';
import { fitsRelation, type Relations } from '#formats/debian/relation.js';
import type { Inventory } from './inventory.js';

/**
 * The packages of an image by which it fulfils relations; undefined where it does not. Names are those of binary
 * packages: what a package provides under another name does not count.
 */
export function containedBy(
  { packages }: Pick<Inventory, 'packages'>,
  relations: Relations,
): readonly DatabasePackage[] | undefined {
  const found = new Set<DatabasePackage>();
  for (const alternatives of relations) {
    const fitting = packages.filter(({ name, version }) =>
      alternatives.some((relation) => relation.name === name && fitsRelation(relation, version)),
    );
    if (fitting.length === 0) {
      return undefined;
    }
    for (const each of fitting) {
      found.add(each);
    }
  }
  return [...found];
}
