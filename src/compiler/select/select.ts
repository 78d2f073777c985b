import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { type Graph, inOrder } from '../resolve/graph.js';
import type { ChosenImages } from './chosenImages.js';
import { type Matchable, matchImages } from './matchImages.js';

export interface Selection {
  /** Patterns as `matchImages` takes them; empty: everything. */
  readonly select: readonly string[];
  readonly exclude: readonly string[];
  readonly withParents: boolean;
  readonly withChildren: boolean;
}

/** An image as far as a selection is concerned; broken ones may have no name. */
interface Selectable extends Matchable {
  readonly shown?: string;
}

/** The definitions that the patterns match, before anything is rendered or linked. */
export interface MatchedSelection<Image extends Selectable> {
  readonly chosen: ReadonlySet<Image>;
  /** Left out even where a parent or child would bring it in. */
  readonly excluded: ReadonlySet<Image>;
  /** Those that a word or a pattern without a glob names. */
  readonly named: Selected;
}

/**
 * Which of the images that the command line is about the patterns match, where there are patterns.
 * Error `select-nothing`: a pattern matches none of them.
 */
export function matchSelection<Image extends Selectable>(
  { images, named: words }: ChosenImages<Image>,
  selection: Pick<Selection, 'select' | 'exclude'>,
): Outcome<MatchedSelection<Image>> {
  const matched = matchImages(images, selection.select, '--select');
  const excluded = matchImages(images, selection.exclude, '--exclude');
  const diagnostics: Diagnostic[] = [...matched.diagnostics, ...excluded.diagnostics];
  const chosen = new Set(selection.select.length === 0 ? images : matched.value);
  const literal = selection.select.filter((pattern) => !/[*?[]/.test(pattern));
  const named = selectedOf([...words, ...matchImages(images, literal, '--select').value]);
  return { value: { chosen, excluded: excluded.value, named }, diagnostics };
}

/** The images that a command is about. */
export interface Selected {
  readonly references: ReadonlySet<Reference>;
  /** Where the broken ones are that have no reference. */
  readonly unnamed: ReadonlySet<string>;
}

/**
 * The images that a command is about: those that were chosen, with their descendants, and with the
 * ancestors of all these, as asked for. Children are added before parents, so that with both
 * no image is built on an outdated parent. Without a graph, neither can be asked for.
 * Error `select-empty`: no image is left.
 */
export function select(
  graph: Graph | undefined,
  { chosen, excluded }: Pick<MatchedSelection<Selectable>, 'chosen' | 'excluded'>,
  selection: Pick<Selection, 'withParents' | 'withChildren'>,
): Outcome<Selected> {
  const own = selectedOf(chosen);
  const references = new Set(
    graph === undefined ? own.references : expand(graph, own.references, selection),
  );
  const unnamed = new Set(own.unnamed);
  for (const { reference, shown } of excluded) {
    if (reference !== undefined) {
      references.delete(reference);
    } else if (shown !== undefined) {
      unnamed.delete(shown);
    }
  }
  const value = { references, unnamed };
  if (references.size > 0 || unnamed.size > 0 || chosen.size === 0) {
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

function selectedOf(images: Iterable<Selectable>): Selected {
  const references = new Set<Reference>();
  const unnamed = new Set<string>();
  for (const { reference, shown } of images) {
    if (reference !== undefined) {
      references.add(reference);
    } else if (shown !== undefined) {
      unnamed.add(shown);
    }
  }
  return { references, unnamed };
}

/** The chosen images with their descendants, and with the ancestors of all these, as asked for. */
function expand(
  graph: Graph,
  chosen: ReadonlySet<Reference>,
  { withParents, withChildren }: Pick<Selection, 'withParents' | 'withChildren'>,
): ReadonlySet<Reference> {
  const expanded = new Set(chosen);
  if (!withChildren && !withParents) {
    return expanded;
  }
  const nodes = inOrder(graph);
  if (withChildren) {
    for (const image of nodes) {
      if (image.parents.some((edge) => expanded.has(edge.parent))) {
        expanded.add(image.reference);
      }
    }
  }
  if (withParents) {
    for (const image of nodes.toReversed()) {
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
