import { type Compiled, withGraph } from '#compiler/compile.js';
import { type BrokenNode, descendantsOfBroken, type Graph } from '#compiler/resolve/graph.js';
import { holdText } from '#compiler/select/heldBy.js';
import { heldBroken } from '#compiler/select/holder.js';
import { calledOf, tellBroken, tellOthers } from '#compiler/tellBroken.js';
import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { some } from '#core/text/some.js';

/** As fit in a line. */
const mostNames = 10;

/** What a command that works with the sound images says of the others. */
export interface BrokenReport {
  readonly diagnostics: readonly Diagnostic[];
  /** Whether something that was asked for is not done. */
  readonly isPartial: boolean;
}

/** Broken images, apart from those that a hold keeps from being built: those trouble nobody. */
export function withoutHeld(
  broken: readonly BrokenNode[],
  now: Date,
): { readonly others: readonly BrokenNode[]; readonly held: readonly HeldOne[] } {
  const others: BrokenNode[] = [];
  const held: HeldOne[] = [];
  for (const node of broken) {
    const hold = heldBroken(node.image, 'build', now);
    if (hold === undefined) {
      others.push(node);
    } else {
      const message = `${calledOf(node.image)} is broken, and ${holdText(hold)}`;
      held.push({ node, told: warning('image-held', message) });
    }
  }
  return { others, held };
}

/** A broken image that a hold is on, and the line that says so. */
interface HeldOne {
  readonly node: BrokenNode;
  readonly told: Diagnostic;
}

/**
 * What is wrong with the broken images of a selection, and which sound ones are left out for them;
 * of the others one line.
 */
export function brokenReport(
  compiled: Compiled,
  now: Date,
  graph: Graph = compiled.graph,
  leftOut: readonly Reference[] = [],
): BrokenReport {
  const broken = withGraph(compiled, graph).broken;
  const selected = withoutHeld(broken.selected, now);
  const failed = selected.others;
  const lacking = withoutThoseOnHeld(graph, leftOut, now);
  const { others } = broken;
  return {
    diagnostics: [
      ...selected.held.map(({ told }) => told),
      ...tellBroken(graph, failed, lacking),
      ...lackingHeld(lacking, leftOut),
      ...tellOthers(others),
    ],
    isPartial: failed.length > 0 || lacking.length > 0,
  };
}

/** Of the images that a plan leaves out, those that are not built on a held one. */
function withoutThoseOnHeld(
  graph: Graph,
  leftOut: readonly Reference[],
  now: Date,
): readonly Reference[] {
  if (leftOut.length === 0) {
    return leftOut;
  }
  const roots = descendantsOfBroken(graph);
  const held = new Set(
    graph.broken.flatMap(({ image }) =>
      image.reference !== undefined && heldBroken(image, 'build', now) ? [image.reference] : [],
    ),
  );
  return leftOut.filter((reference) => !held.has(roots.get(reference) ?? reference));
}

function lackingHeld(
  lacking: readonly Reference[],
  leftOut: readonly Reference[],
): readonly Diagnostic[] {
  const others = leftOut.filter((reference) => !lacking.includes(reference));
  if (others.length === 0) {
    return [];
  }
  const are = others.length === 1 ? '1 image' : `${others.length} images`;
  const message = `${are} built on held images left out: ${some(others, mostNames)}`;
  return [warning('image-held', message)];
}
