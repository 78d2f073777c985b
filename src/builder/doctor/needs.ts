import { nearestWorkTree } from '#adapters/git/ask.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { insideTests } from '#compiler/tests/imageTests.js';
import type { Policy } from '#compiler/workspace/policyKeys.js';
import type { Tree } from '#compiler/workspace/tree.js';

/** Which trees need what, by their names, sorted. */
export interface Needs {
  /** All trees: each is built with docker and buildx. */
  readonly engine: readonly string[];
  /** Those in a work tree of git. */
  readonly git: readonly string[];
  /** Those with images that have tests for goss, of their own or of what they are built on. */
  readonly goss: readonly string[];
  /** Those with recipes of root filesystems. */
  readonly recipes: readonly string[];
  /** Those with images for several platforms. */
  readonly severalPlatforms: readonly string[];
  /** Those with `container_limits`. */
  readonly limits: readonly string[];
  /** Those under a policy that says from which registries images may come. */
  readonly policy: readonly string[];
}

export function needsOf(
  trees: readonly Tree[],
  graph: Graph | undefined,
  recipes: readonly Tree[],
  policy: Policy | undefined,
): Needs {
  const images = graph?.images ?? [];
  const ofImages = (isMeant: (image: Graph['images'][number]) => boolean) =>
    images.filter(isMeant).map(({ rendered }) => rendered.definition.tree);
  return {
    engine: names(trees),
    git: names(trees.filter(({ directory }) => nearestWorkTree(directory) !== undefined)),
    goss: names(
      ofImages(({ reference }) =>
        graph === undefined
          ? false
          : insideTests(graph, reference).some(({ test }) => test.kind === 'goss'),
      ),
    ),
    recipes: names(recipes),
    severalPlatforms: names(ofImages(({ platforms }) => platforms.length > 1)),
    limits: names(trees.filter(({ config }) => config.containerLimits !== undefined)),
    policy: policy?.registries === undefined ? [] : names(trees),
  };
}

function names(trees: readonly Tree[]): readonly string[] {
  return [...new Set(trees.map(({ name }) => name))].sort();
}
