import type { Edge, ResolvedImage } from '../resolve/graph.js';

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

/** A cell longer than this moves what is right of it in its own row, rather than in all of them. */
const WIDEST = 44;

/** Columns two spaces apart, the last one as long as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) {
      if (cell.length <= WIDEST) widths[at] = Math.max(widths[at] ?? 0, cell.length);
    }
  }
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
