import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Graph } from '../resolve/graph.js';
import { type Matchable, matchImages } from './matchImages.js';

export interface Selection {
  /** Patterns as `matchImages` takes them; empty: everything. */
  readonly select: readonly string[];
  readonly exclude: readonly string[];
  readonly withParents: boolean;
  readonly withChildren: boolean;
}

/** The definitions that the patterns match, before anything is rendered or linked. */
export interface MatchedSelection<Image extends Matchable> {
  readonly chosen: ReadonlySet<Image>;
  /** Left out even where a parent or child would bring it in. */
  readonly excluded: ReadonlySet<Image>;
}

/** Which of `images` the patterns match. Error `select-nothing`: a pattern matches none of them. */
export function matchSelection<Image extends Matchable>(
  images: readonly Image[],
  selection: Pick<Selection, 'select' | 'exclude'>,
): Outcome<MatchedSelection<Image>> {
  const matched = matchImages(images, selection.select, '--select');
  const excluded = matchImages(images, selection.exclude, '--exclude');
  const diagnostics: Diagnostic[] = [...matched.diagnostics, ...excluded.diagnostics];
  const chosen = new Set(selection.select.length === 0 ? images : matched.value);
  return { value: { chosen, excluded: excluded.value }, diagnostics };
}

/**
 * The images that a command is about: those that were chosen, with their descendants, and with the
 * ancestors of all these, as asked for. Children are added before parents, so that with both
 * no image is built on an outdated parent. Without a graph, neither can be asked for.
 * Error `select-empty`: no image is left.
 */
export function select(
  graph: Graph | undefined,
  { chosen, excluded }: MatchedSelection<Matchable>,
  selection: Pick<Selection, 'withParents' | 'withChildren'>,
): Outcome<ReadonlySet<Reference>> {
  const references = new Set([...chosen].map((image) => image.reference));
  const value = graph === undefined ? references : expand(graph, references, selection);
  for (const { reference } of excluded) {
    value.delete(reference);
  }
  if (value.size > 0 || chosen.size === 0) {
    return { value, diagnostics: [] };
  }
  const problem = error(
    'select-empty',
    'no image is left: --exclude matches every selected image',
    {
      hint: 'generate-bake list shows all images',
    },
  );
  return { value, diagnostics: [problem] };
}

/** The chosen images with their descendants, and with the ancestors of all these, as asked for. */
function expand(
  graph: Graph,
  chosen: ReadonlySet<Reference>,
  { withParents, withChildren }: Pick<Selection, 'withParents' | 'withChildren'>,
): Set<Reference> {
  const expanded = new Set(chosen);
  if (withChildren) {
    for (const image of graph.images) {
      if (image.parents.some((edge) => expanded.has(edge.parent))) {
        expanded.add(image.reference);
      }
    }
  }
  if (withParents) {
    for (const image of graph.images.toReversed()) {
      if (!expanded.has(image.reference)) {
        continue;
      }
      for (const edge of image.parents) {
        expanded.add(edge.parent);
      }
    }
  }
  return expanded;
}
