/**
 * Whether a child's layers begin with its parent's: if not, the child was built on something that
 * has the parent's name and is not it (doc/dev/bake.md, Links across calls).
 */
export function isBuiltOn(child: readonly string[], parent: readonly string[]): boolean {
  return parent.every((layer, at) => child[at] === layer);
}
