import { type Compiled, withGraph } from '#compiler/compile.js';
import type { BrokenNode, Graph } from '#compiler/resolve/graph.js';
import { tellBroken, tellOthers } from '#compiler/tellBroken.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';

/** What a command that works with the sound images says of the others. */
export interface BrokenReport {
  readonly diagnostics: readonly Diagnostic[];
  /** Whether something that was asked for is not done. */
  readonly isPartial: boolean;
}

/** What is published is left alone, and of what has no reference nobody knows. */
export function failingOnes(
  broken: readonly BrokenNode[],
  failing: ReadonlySet<Reference> | undefined,
): readonly BrokenNode[] {
  return broken.filter(
    ({ image: { reference } }) =>
      failing === undefined || reference === undefined || failing.has(reference),
  );
}

/**
 * What is wrong with the broken images of a selection, and which sound ones are left out for them;
 * of the others one line.
 */
export function brokenReport(
  compiled: Compiled,
  graph: Graph = compiled.graph,
  leftOut: readonly Reference[] = [],
  failing?: ReadonlySet<Reference>,
): BrokenReport {
  const broken = withGraph(compiled, graph).broken;
  const selected = failingOnes(broken.selected, failing);
  const { others } = broken;
  return {
    diagnostics: [...tellBroken(graph, selected, leftOut), ...tellOthers(others)],
    isPartial: selected.length > 0 || leftOut.length > 0,
  };
}
