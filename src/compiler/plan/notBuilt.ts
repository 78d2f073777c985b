import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { blubberOf } from '../definitions/definition.js';
import { type Graph, withBroken } from '../resolve/graph.js';

/**
 * The graph for a command that builds, or prints what is to be built: images of Blubber files are broken in it. Their
 * links to parents of the same plan are not made yet, and the build would take other parents.
 */
export function withoutBlubber(graph: Graph, wanted: ReadonlySet<Reference>): Graph {
  const faults = new Map<Reference, readonly Diagnostic[]>();
  for (const { reference, rendered } of graph.images) {
    const { definition } = rendered;
    if (!wanted.has(reference) || blubberOf(definition) === undefined) {
      continue;
    }
    const { stage = '', context } = definition;
    const { file } = definition.dockerfile;
    const message = `not built yet: ${reference} is a variant of a Blubber file, and only other commands know these so far`;
    const hint = `build it with: docker build -f ${file} --target ${stage} ${context}`;
    faults.set(reference, [error('blubber-not-built', message, { place: { file }, hint })]);
  }
  return withBroken(graph, faults);
}
