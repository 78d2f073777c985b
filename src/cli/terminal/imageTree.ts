import type { BrokenNode, ResolvedImage } from '#compiler/resolve/graph.js';
import { reasonOf } from '#compiler/tellBroken.js';
import { addTo } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import { printable } from '#core/text/printable.js';

/**
 * The images as a tree, each below the first of its parents, as `list --tree` prints it. An image
 * with several parents names the others behind it, so that every image is there once.
 */
export function listTree(
  images: readonly ResolvedImage[],
  broken: readonly BrokenNode[] = [],
): string {
  const nodes = [...images, ...broken.flatMap(brokenNode)].sort((a, b) => a.level - b.level);
  const shown = new Set(nodes.map((image) => image.reference));
  const children = new Map<Reference, TreeNode[]>();
  const roots: TreeNode[] = [];
  for (const image of nodes) {
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
    const why = image.why === undefined ? '' : `  (broken: ${image.why})`;
    lines.push(`${own}${printable(`${withoutRegistry(image.reference)}${also}${why}`)}`);
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
  for (const { image } of broken) {
    if (image.reference === undefined) {
      const called =
        image.repository === undefined ? image.shown : withoutRegistry(image.repository);
      lines.push(printable(`${called}  (broken: ${reasonOf(image)})`));
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** An image of the tree, sound or broken. */
interface TreeNode extends Pick<ResolvedImage, 'reference' | 'parents' | 'level'> {
  /** Absent where it is not known. */
  readonly base?: string;
  /** Present where it is broken. */
  readonly why?: string;
}

function brokenNode({ image, parents, level }: BrokenNode): readonly TreeNode[] {
  const { reference } = image;
  return reference === undefined ? [] : [{ reference, parents, level, why: reasonOf(image) }];
}

interface Open {
  readonly image: TreeNode;
  /** What the lines of its children begin with. */
  readonly prefix: string;
  /** What its own line begins with. */
  readonly own: string;
}

/** Below which shown parent an image stands: what it starts from, else the first one. */
function homeOf(image: TreeNode, shown: ReadonlySet<Reference>): Reference | undefined {
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
