import type { Edge, ResolvedImage } from '#compiler/resolve/graph.js';
import { table } from './table.js';

/**
 * The table that `list` prints: one line an image, sorted as given; a parent that control does not
 * declare is marked with `*`.
 */
export function listTable(images: readonly ResolvedImage[]): string {
  const rows = images.map((image) => {
    const { definition } = image.rendered;
    return [
      definition.tree.name,
      definition.name as string,
      definition.version,
      definition.definedIn ?? definition.context,
      parents(image),
    ];
  });
  return table([['TREE', 'NAME', 'VERSION', 'PATH', 'PARENTS'], ...rows]);
}

/** The short form of every parent, in Dockerfile order, each once. */
function parents(image: ResolvedImage): string {
  const shown = new Map<string, string>();
  for (const edge of image.parents) {
    shown.set(edge.parent, shortName(edge) + (edge.declared ? '' : '*'));
  }
  return shown.size === 0 ? '-' : [...shown.values()].join(' ');
}

function shortName(edge: Edge): string {
  const slash = edge.parent.lastIndexOf('/');
  return edge.parent.slice(slash + 1, edge.parent.lastIndexOf(':'));
}
