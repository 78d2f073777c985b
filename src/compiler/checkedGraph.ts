import type { Reference } from '#core/reference/brands.js';
import type { Contexts } from './context/contexts.js';
import { withAncestors } from './plan/definitionDigest.js';
import { makePlan } from './plan/makePlan.js';
import { type Graph, withBroken } from './resolve/graph.js';

/** The graph as it is once the contexts of these images, and of their ancestors, are looked at. */
export function withContexts(
  graph: Graph,
  wanted: ReadonlySet<Reference>,
  contexts: Contexts,
): Graph {
  for (const image of withAncestors(graph, wanted)) {
    contexts.of(image);
  }
  return withBroken(graph, contexts.faults);
}

/**
 * The graph as it is once the contexts of these images and of their ancestors are looked at, and what
 * of them no bake file can hold: whatever is wrong with one of them whoever builds it.
 */
export function checkedGraph(
  given: Graph,
  wanted: ReadonlySet<Reference>,
  contexts: Contexts,
): Graph {
  const graph = withContexts(given, wanted, contexts);
  const sound = withAncestors(graph, wanted).map(({ reference }) => reference);
  const { faults } = makePlan(graph, new Set(sound), {
    context: contexts.of,
    outside: new Map(),
    // What cannot be linked may be pulled.
    links: new Map(),
    converts: true,
    rebuildKey: undefined,
    waveSize: 0,
    pull: false,
    proxyCredentials: 'keep',
  });
  return withBroken(graph, faults);
}
