import type { GraphNode } from '#compiler/resolve/graph.js';
import type { Reference } from '#core/reference/brands.js';
import type { Reason } from '../reasons/reason.js';
import { isBuiltOn } from './builtOn.js';
import type { Facts } from './facts.js';

const baseLabel = 'org.opencontainers.image.base.name';

/**
 * Whether a published image is built on an earlier image of the parent that it starts from: its label
 * names an older version, or its layers do not begin with those of the parent as it is published. Of
 * parents that it only copies from nothing is known, nor of bases outside of the trees, nor where the first images of two
 * indices are for different platforms.
 */
export function olderParents({
  node,
  facts,
  allFacts,
}: {
  readonly node: GraphNode;
  readonly facts: Facts;
  readonly allFacts: ReadonlyMap<Reference, Facts>;
}): readonly Reason[] {
  const { registry } = facts;
  const base = node.sound?.base;
  const edge = node.parents.find(({ parent }) => parent === base);
  if (edge === undefined || registry.kind !== 'published' || !registry.config.known) {
    return [];
  }
  const { parent } = edge;
  const { labels } = registry.config.value;
  const builtOn = labels.get(baseLabel);
  if (builtOn && builtOn !== parent) {
    return [{ kind: 'older-parent', parent, builtOn }];
  }
  const above = allFacts.get(parent)?.registry;
  if (above?.kind !== 'published' || !above.config.known) {
    return [];
  }
  return isBuiltOn(registry.config.value, above.config.value)
    ? []
    : [{ kind: 'older-parent', parent }];
}
