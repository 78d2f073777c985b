import { groupBy } from '#core/data/groups.js';
import type { Reference, TargetName } from '#core/reference/brands.js';
import type { ResolvedImage } from '../resolve/graph.js';
import { targetName } from './targetName.js';

/**
 * The targets' names: the path without registry, and where several images have one path also what
 * distinguishes them, their versions or else registry and version. Named over all images of the trees,
 * so that a name does not depend on what is selected.
 */
export function nameTargets(images: readonly ResolvedImage[]): ReadonlyMap<Reference, TargetName> {
  const names = new Map<Reference, TargetName>();
  for (const [path, same] of groupBy(images, pathOf)) {
    const versions = new Set(same.map((image) => image.rendered.definition.version));
    for (const image of same) {
      const { tree, version } = image.rendered.definition;
      const distinction =
        versions.size === same.length ? version : `${tree.config.registry}:${version}`;
      const name = targetName(path, same.length === 1 ? undefined : distinction);
      names.set(image.reference, name);
    }
  }
  return names;
}

function pathOf(image: ResolvedImage): string {
  const { repository, tree } = image.rendered.definition;
  const registry = `${tree.config.registry}/`;
  return repository.startsWith(registry) ? repository.slice(registry.length) : repository;
}
