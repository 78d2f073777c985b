import { withheld } from '#compiler/version/withheld.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Reference } from '#core/reference/brands.js';
import type { OpenRegistries, Publish } from '#fleet/registries.js';
import type { BuildRequest } from './request.js';

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
  if (publish === 'never') {
    return '--no-publish';
  }
  const { host } = access.push ?? access;
  const { username, password, passwordFile } = tree.config;
  return username && !password && !passwordFile
    ? `no password for ${username} at ${host}`
    : `no credentials for ${host}`;
}

/** As much of a run as says what it publishes. */
export interface PublishingRun {
  readonly request: Pick<BuildRequest, 'graph' | 'publish'>;
  readonly registries: OpenRegistries;
}

/**
 * Why images that a run built, or found built, are not published although nobody said so, each reason with the
 * number of images: their registry is configured, and credentials for it are not.
 */
export function unpublishedFor(
  { request: { graph, publish }, registries }: PublishingRun,
  references: readonly Reference[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if (publish === 'never') {
    return counts;
  }
  const unshared = withheld(graph);
  for (const reference of references) {
    const tree = graph.byReference.get(reference)?.rendered.definition.tree;
    const why = tree === undefined ? undefined : whyUnpublished(tree, publish, registries);
    if (why !== undefined && !unshared.has(reference)) {
      counts.set(why, (counts.get(why) ?? 0) + 1);
    }
  }
  return counts;
}
