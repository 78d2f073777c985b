import { type Diagnostic, error, type Outcome } from '../diagnostics/diagnostic.js';
import type { Reference } from '../reference/brands.js';
import type { Graph } from '../resolve/graph.js';
import { matchImages } from './matchImages.js';

export interface Selection {
  /** Patterns as `matchImages` takes them; empty: everything. */
  readonly select: readonly string[];
  readonly exclude: readonly string[];
  readonly withParents: boolean;
  readonly withChildren: boolean;
}

/**
 * The images that a command is about. Children are added before parents, so that with both nothing
 * that is built stands on an older parent; what is excluded stays out whatever would bring it in.
 * Errors: a pattern that matches nothing, and nothing left.
 */
export function select(graph: Graph, selection: Selection): Outcome<ReadonlySet<Reference>> {
  const definitions = graph.images.map((image) => image.rendered.definition);
  const matched = matchImages(definitions, selection.select, '--select');
  const excluded = matchImages(definitions, selection.exclude, '--exclude');
  const diagnostics: Diagnostic[] = [...matched.diagnostics, ...excluded.diagnostics];
  const chosen = new Set(
    [...(selection.select.length === 0 ? definitions : matched.value)].map((one) => one.reference),
  );
  const expanded = expand(graph, chosen, selection);
  for (const definition of excluded.value) expanded.delete(definition.reference);
  if (expanded.size === 0 && diagnostics.length === 0 && definitions.length > 0) {
    diagnostics.push(
      error('select-empty', 'no image is left: --exclude matches everything that is selected'),
    );
  }
  return { value: expanded, diagnostics };
}

/** The chosen images with their descendants, and with the ancestors of all these, as asked for. */
export function expand(
  graph: Graph,
  chosen: ReadonlySet<Reference>,
  { withParents, withChildren }: Pick<Selection, 'withParents' | 'withChildren'>,
): Set<Reference> {
  const expanded = new Set(chosen);
  if (withChildren) {
    for (const image of graph.images) {
      if (image.parents.some((edge) => expanded.has(edge.parent))) expanded.add(image.reference);
    }
  }
  if (withParents) {
    for (const image of graph.images.toReversed()) {
      if (!expanded.has(image.reference)) continue;
      for (const edge of image.parents) expanded.add(edge.parent);
    }
  }
  return expanded;
}
