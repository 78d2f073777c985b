/** What is compared of an image and the one below it. */
export interface Layered {
  /** Digests of the uncompressed layers, lowest first. */
  readonly layers: readonly string[];
  /** `linux/amd64`; absent: not known. */
  readonly platform?: string;
}

/**
 * Whether a child's layers begin with its parent's: if not, the child was built on something that
 * has the parent's name and is not it (doc/dev/bake.md, Links across calls). Of an image for several
 * platforms, registry and engine may each show another one: those are not compared.
 */
export function isBuiltOn(child: Layered, parent: Layered): boolean {
  if (
    child.platform !== undefined &&
    parent.platform !== undefined &&
    child.platform !== parent.platform
  ) {
    return true;
  }
  return parent.layers.every((layer, at) => child.layers[at] === layer);
}
