import { joinNames, type RegistryNames } from '#core/reference/registryNames.js';
import type { Graph } from './graph.js';

/** The registries that have several names by what any tree of the graph says. */
export function registryNamesOf({
  images,
  broken,
}: Pick<Graph, 'images' | 'broken'>): RegistryNames {
  const trees = new Set([
    ...images.map(({ rendered }) => rendered.definition.tree),
    ...broken.map(({ image }) => image.tree),
  ]);
  return joinNames([...trees].map(({ config }) => config.registryNames));
}
