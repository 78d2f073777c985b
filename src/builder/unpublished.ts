import type { Tree } from '#compiler/workspace/tree.js';
import type { OpenRegistries, Publish } from '#fleet/registries.js';

/** Why a run publishes no image of a tree, as a clause; undefined: it does, or there is no registry to publish to. */
export function whyUnpublished(
  tree: Tree,
  publish: Publish,
  { accesses, publishing }: OpenRegistries,
): string | undefined {
  const access = accesses.get(tree);
  if (access === undefined || publishing.has(tree)) {
    return undefined;
  }
  return publish === 'never'
    ? '--no-publish'
    : `no credentials for ${(access.push ?? access).host}`;
}
