import type { Graph } from '#compiler/resolve/graph.js';
import { matchImages } from '#compiler/select/matchImages.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';
import type { Job } from './call.js';

/** The images to build, each with its parents among them. */
export function jobsOf(graph: Graph, decisions: readonly Decision[]): readonly Job[] {
  const exclusive = exclusiveImages(graph);
  return decisions.map(({ reference, parents }) => ({
    reference,
    parents: parents.flatMap((use) => (use.kind === 'link' ? [use.parent] : [])),
    exclusive: exclusive.has(reference),
  }));
}

/** What `exclusive_images` of each tree matches among its own images; globs that match none are fine. */
function exclusiveImages(graph: Graph): ReadonlySet<Reference> {
  const byTree = new Map<Tree, (typeof graph.images)[number]['rendered']['definition'][]>();
  for (const { rendered } of graph.images) {
    const { definition } = rendered;
    if (definition.tree.config.exclusiveImages.length === 0) {
      continue;
    }
    const members = byTree.get(definition.tree);
    if (members === undefined) {
      byTree.set(definition.tree, [definition]);
    } else {
      members.push(definition);
    }
  }
  const matched = new Set<Reference>();
  for (const [tree, definitions] of byTree) {
    for (const definition of matchImages(definitions, tree.config.exclusiveImages, '--select')
      .value) {
      matched.add(definition.reference);
    }
  }
  return matched;
}

/** The bound on images at once: the option, else the smallest of the trees' `jobs`, else none (0). */
export function jobsLimit(option: number | undefined, trees: Iterable<Tree>): number {
  if (option !== undefined) {
    return option;
  }
  const configured = [...trees].flatMap(({ config }) => config.jobs ?? []);
  return configured.length === 0 ? 0 : Math.min(...configured);
}
