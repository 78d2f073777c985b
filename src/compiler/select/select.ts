import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { matchOwners } from '../owners/matchOwners.js';
import type { Owner } from '../owners/owners.js';
import { type Graph, inOrder } from '../resolve/graph.js';
import { testsOf } from '../tests/imageTests.js';
import type { ChosenImages } from './chosenImages.js';
import { type Matchable, matchImages } from './matchImages.js';

export interface Selection {
  /** Patterns as `matchImages` takes them; empty: everything. */
  readonly select: readonly string[];
  readonly exclude: readonly string[];
  readonly withParents: boolean;
  readonly withChildren: boolean;
  /** Patterns as `matchOwners` takes them; absent or empty: whoever the owner is. */
  readonly owner?: readonly string[];
  /** Only what nothing tests; absent: that too. */
  readonly untested?: boolean;
  /** Which of some images differ from another state of the files; absent: whatever they were. */
  readonly changed?: (graph: Graph, of: Selected) => Selected;
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
 * Which of the images that the command line is about the patterns match, where there are patterns, and
 * have such an owner, where owners are asked for. Error `select-nothing`: a pattern matches none of them.
 */
export function matchSelection<Image extends Selectable>(
  { images, named: words }: ChosenImages<Image>,
  selection: Pick<Selection, 'select' | 'exclude' | 'owner'>,
  ownerOf: (image: Image) => Owner | undefined,
): Outcome<MatchedSelection<Image>> {
  const matched = matchImages(images, selection.select, '--select');
  const excluded = matchImages(images, selection.exclude, '--exclude');
  const diagnostics: Diagnostic[] = [...matched.diagnostics, ...excluded.diagnostics];
  const { owner: patterns = [] } = selection;
  const all = selection.select.length === 0 ? images : [...matched.value];
  const owned = patterns.length === 0 ? undefined : matchOwners(all, ownerOf, patterns);
  // That no image is left follows from the patterns before it.
  diagnostics.push(...(all.length === 0 ? [] : (owned?.diagnostics ?? [])));
  const chosen = new Set(owned?.value ?? all);
  const literal = selection.select.filter((pattern) => !/[*?[]/.test(pattern));
  const literally = [...words, ...matchImages(images, literal, '--select').value];
  const named = selectedOf(literally.filter((image) => owned?.value.has(image) ?? true));
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
 * no image is built on an outdated parent. Without a graph, neither can be asked for, nor what is untested or changed.
 * Error `select-empty`: no image is left; a warning where everything that was asked for is tested. That nothing changed is fine.
 */
export function select(
  graph: Graph | undefined,
  { chosen, excluded }: Pick<MatchedSelection<Selectable>, 'chosen' | 'excluded'>,
  selection: Pick<Selection, 'withParents' | 'withChildren' | 'untested' | 'changed'>,
): Outcome<Selected> {
  const all = selectedOf(chosen);
  const kept = selection.untested === true && graph !== undefined ? untestedOf(all, graph) : all;
  const own =
    graph === undefined || selection.changed === undefined ? kept : selection.changed(graph, kept);
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
  if (selection.changed !== undefined && isEmpty(own) && !isEmpty(kept)) {
    return { value, diagnostics: [] };
  }
  if (kept !== all && kept.references.size === 0) {
    const problem = warning('select-empty', 'no image is untested among those that are selected');
    return { value, diagnostics: [problem] };
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

function isEmpty({ references, unnamed }: Selected): boolean {
  return references.size === 0 && unnamed.size === 0;
}

/** Which tests a broken image has is not known, so it is not among them. */
function untestedOf({ references }: Selected, graph: Graph): Selected {
  const untested = [...references].filter(
    (reference) => graph.byReference.has(reference) && testsOf(graph, reference) === 'none',
  );
  return { references: new Set(untested), unnamed: new Set() };
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
