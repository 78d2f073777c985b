import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { addTo } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';

/**
 * The images as a tree, each below the first of its parents, as `list --tree` prints it. An image
 * with several parents names the others behind it, so that every image is there once.
 */
export function listTree(images: readonly ResolvedImage[]): string {
  const shown = new Set(images.map((image) => image.reference));
  const children = new Map<Reference, ResolvedImage[]>();
  const roots: ResolvedImage[] = [];
  for (const image of images) {
    const home = homeOf(image, shown);
    if (home === undefined) {
      roots.push(image);
    } else {
      addTo(children, home, image);
    }
  }

  const lines: string[] = [];
  const visit = (image: ResolvedImage, prefix: string, own: string): void => {
    const home = homeOf(image, shown);
    const others = [...new Set(image.parents.map((edge) => edge.parent))].filter(
      (parent) => parent !== home,
    );
    const also = others.length === 0 ? '' : `  (also ${others.map(withoutRegistry).join(', ')})`;
    lines.push(`${own}${withoutRegistry(image.reference)}${also}`);
    const below = children.get(image.reference) ?? [];
    for (const [at, child] of below.entries()) {
      const last = at === below.length - 1;
      visit(child, `${prefix}${last ? '    ' : '│   '}`, `${prefix}${last ? '└── ' : '├── '}`);
    }
  };
  for (const root of roots) {
    visit(root, '', '');
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** Below which shown parent an image stands: what it starts from, else the first one. */
function homeOf(image: ResolvedImage, shown: ReadonlySet<Reference>): Reference | undefined {
  const parents = image.parents.filter((edge) => shown.has(edge.parent));
  const base = parents.find((edge) => edge.parent === image.base);
  return (base ?? parents[0])?.parent;
}

function withoutRegistry(reference: string): string {
  const slash = reference.indexOf('/');
  const first = reference.slice(0, slash);
  return first.includes('.') || first.includes(':') || first === 'localhost'
    ? reference.slice(slash + 1)
    : reference;
}
