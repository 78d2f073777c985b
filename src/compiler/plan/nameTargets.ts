import { groupBy } from '#core/data/groups.js';
import type { Reference, TargetName } from '#core/reference/brands.js';
import { type Graph, inOrder } from '../resolve/graph.js';
import type { Tree } from '../workspace/tree.js';
import { targetName } from './targetName.js';

/**
 * The targets' names: the path without registry, and where several images have one path also what
 * distinguishes them, their versions or else registry and version. Named over all images of the trees,
 * broken ones among them, so that a name does not depend on what is selected, or on what is broken.
 */
export function nameTargets(graph: Graph): ReadonlyMap<Reference, TargetName> {
  const names = new Map<Reference, TargetName>();
  for (const [path, same] of groupBy(namedImages(graph), pathOf)) {
    const versions = new Set(same.map((image) => image.version));
    for (const image of same) {
      const { tree, version } = image;
      const distinction =
        versions.size === same.length ? version : `${tree.config.registry}:${version}`;
      const name = targetName(path, same.length === 1 ? undefined : distinction);
      names.set(image.reference, name);
    }
  }
  return names;
}

interface NamedImage {
  readonly reference: Reference;
  readonly repository: string;
  readonly version: string;
  readonly tree: Tree;
}

function namedImages(graph: Graph): readonly NamedImage[] {
  if (graph.broken.length === 0) {
    return graph.images.map(({ rendered }) => rendered.definition);
  }
  return inOrder(graph).flatMap(({ reference, sound, broken }) => {
    const { repository, version, tree } = sound?.rendered.definition ?? broken?.image ?? {};
    return repository === undefined || version === undefined || tree === undefined
      ? []
      : [{ reference, repository, version, tree }];
  });
}

function pathOf({ repository, tree }: NamedImage): string {
  const registry = `${tree.config.registry}/`;
  return repository.startsWith(registry) ? repository.slice(registry.length) : repository;
}
