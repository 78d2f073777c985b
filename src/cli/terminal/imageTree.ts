import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { addTo } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import { printable } from '#core/text/printable.js';

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
  // A list and no recursion: a chain of thousands of images would not fit on the stack.
  const open = roots.map((image): Open => ({ image, prefix: '', own: '' })).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { image, prefix, own } = next;
    const home = homeOf(image, shown);
    const others = [...new Set(image.parents.map((edge) => edge.parent))].filter(
      (parent) => parent !== home,
    );
    const also = others.length === 0 ? '' : `  (also ${others.map(withoutRegistry).join(', ')})`;
    lines.push(`${own}${printable(`${withoutRegistry(image.reference)}${also}`)}`);
    const below = children.get(image.reference) ?? [];
    for (const [at, child] of [...below.entries()].reverse()) {
      const last = at === below.length - 1;
      open.push({
        image: child,
        prefix: `${prefix}${last ? '    ' : '│   '}`,
        own: `${prefix}${last ? '└── ' : '├── '}`,
      });
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

interface Open {
  readonly image: ResolvedImage;
  /** What the lines of its children begin with. */
  readonly prefix: string;
  /** What its own line begins with. */
  readonly own: string;
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
