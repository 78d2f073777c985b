import { realpathSync } from 'node:fs';
import { gitHistories } from '#adapters/git/history.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { withAncestors } from '#compiler/plan/definitionDigest.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import { isWithin } from '#core/files/paths.js';
import type { Reference } from '#core/reference/brands.js';
import { findStandings } from '../update/standing.js';

/** The images that are built from what is committed in a work tree, all of whose commits are pushed by then. */
export function inGit(
  graph: Graph,
  images: readonly ResolvedImage[],
  root: string,
  isPublished: (reference: Reference) => boolean,
): {
  readonly images: readonly ImageDefinition[];
  /** The others, each with the image that is to blame. */
  readonly others: ReadonlyMap<Reference, Reference>;
} {
  const above = withAncestors(graph, new Set(images.map(({ reference }) => reference)));
  const asked = above
    .filter(({ reference }) => !isPublished(reference))
    .map((resolved) => ({ definition: resolved.rendered.definition, resolved }));
  const standings = findStandings(asked, gitHistories());
  const others = new Map<Reference, Reference>();
  for (const { definition, resolved } of asked) {
    const { reference } = resolved;
    const standing = standings.get(definition);
    const isOpen =
      (standing?.kind === 'unreleased' && standing.isUncommitted) ||
      (standing?.kind === 'pending' && standing.until === 'committed') ||
      !isWithin(root, realpathSync(definition.tree.directory));
    const culprit = isOpen
      ? reference
      : resolved.parents.flatMap(({ parent }) => others.get(parent) ?? [])[0];
    if (culprit !== undefined) {
      others.set(reference, culprit);
    }
  }
  const named = new Set(images.map(({ reference }) => reference));
  return {
    images: images
      .filter(({ reference }) => !others.has(reference))
      .map(({ rendered }) => rendered.definition),
    others: new Map([...others].filter(([reference]) => named.has(reference))),
  };
}
