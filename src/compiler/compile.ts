import { type Diagnostic, hasErrors, type Outcome } from '#core/diagnostics/diagnostic.js';
import { isWithin } from '#core/files/paths.js';
import type { Reference } from '#core/reference/brands.js';
import type { BrokenImage } from './definitions/broken.js';
import type { ImageDefinition } from './definitions/definition.js';
import { type ExcludedPath, excludedDirectories } from './definitions/excluded.js';
import {
  buildSuffix,
  type Definitions,
  type ReadOptions,
  readDefinitions,
  withSuffix,
} from './definitions/read.js';
import { findOwners, type Owners } from './owners/owners.js';
import { withPrivacy } from './privacy/privacy.js';
import type { AroundTrees } from './render/imageLookup.js';
import { misplacedKeys } from './render/misplacedKeys.js';
import { renderImages } from './render/render.js';
import { faultsOfAround } from './resolve/aroundTrees.js';
import { type BrokenNode, type Graph, withBroken } from './resolve/graph.js';
import { resolve } from './resolve/resolve.js';
import { unusedTreeArgs, withTreeArgs } from './resolve/treeArgs.js';
import { chosenImages } from './select/chosenImages.js';
import { matchSelection, type Selected, type Selection, select } from './select/select.js';
import { withComputedVersions } from './version/computedVersions.js';
import type { Workspace } from './workspace/workspace.js';

export interface CompileInput {
  readonly workspace: Workspace;
  readonly selection: Selection;
  /** What the definitions may take from outside of their files. */
  readonly read?: ReadOptions;
  /** The platform of this machine, for images that depend on one and name none. */
  readonly machine?: string;
  /** A nightly or snapshot build of the selected images, at this moment in local time. */
  readonly dated?: { readonly kind: 'nightly' | 'snapshot'; readonly now: Date };
}

/** The stages from the definitions to the selection: what plan, list, render and build share. */
export interface Compiled {
  readonly graph: Graph;
  /** The references of all selected images, broken ones among them. */
  readonly selected: ReadonlySet<Reference>;
  /** Those that the command line names itself, without a glob. */
  readonly named: ReadonlySet<Reference>;
  /** What `exclude` of the trees leaves out of the search for images. */
  readonly excluded: readonly ExcludedPath[];
  /** Who answers for the images. */
  readonly owners: Owners;
  /** The selected images that are broken, and the broken ones that are not selected. */
  readonly broken: {
    readonly selected: readonly BrokenNode[];
    readonly others: readonly BrokenNode[];
    /** Of the selected ones those that the selection names itself, without a glob. */
    readonly named: readonly BrokenNode[];
  };
}

/**
 * workspace → definitions → render → resolve → select. The diagnostics are those of the whole (trees
 * that cannot be read, selections of nothing, cycles among what is selected), and the doubts about
 * selected images; what is wrong with one image is its own.
 */
export function compile(input: CompileInput): Outcome<Compiled> {
  const { workspace, selection, dated, machine } = input;
  const around = aroundOf(input);
  const owners = findOwners();
  const read = withComputedVersions(
    readDefinitions(workspace.trees, input.read),
    (each) => toGraph(each, machine, around),
    input.read,
  );
  const chosen = chosenImages<ImageDefinition | BrokenImage>(
    [...read.images, ...read.broken],
    workspace,
  );
  const matched = matchSelection(chosen.value, selection, owners.of);
  const excluded = excludedDirectories(workspace.trees, workspace.within);
  const found = [
    ...problemsOfTrees(read, workspace),
    ...misplacedKeys(read),
    // A directory that is left out has no images for that reason.
    ...(excluded.length > 0 ? excluded : chosen.diagnostics),
    ...matched.diagnostics,
    ...owners.takeWarnings(),
  ];

  if (dated === undefined || hasErrors(found)) {
    const graph = withPrivacy(notAround(toGraph(read, machine, around), around));
    const selected = select(graph, matched.value, selection);
    const diagnostics = [...found, ...(hasErrors(found) ? [] : selected.diagnostics)];
    const named = matched.value.named;
    return compiledOf({
      read,
      graph,
      owners,
      chosen: selected.value,
      literal: named,
      found: diagnostics,
    });
  }

  // The suffix is part of what is rendered, so the images that get it must be known before.
  // Patterns need no graph; parents and children do, hence a first compilation without it.
  const expands =
    selection.withParents ||
    selection.withChildren ||
    selection.untested === true ||
    selection.changed !== undefined;
  const plain = expands ? toGraph(read, machine) : undefined;
  const toDate = select(plain, matched.value, selection);
  const { references } = toDate.value;
  const suffix = buildSuffix(dated.kind, dated.now);
  const whole = toGraph(
    {
      images: withSuffix(read.images, references, suffix),
      broken: withSuffix(read.broken, references, suffix),
      excluded: read.excluded,
    },
    machine,
    around,
  );
  const graph = withPrivacy(notAround(whole, around));
  const diagnostics = [...found, ...toDate.diagnostics];
  const { named } = matched.value;
  const selected = withDate(toDate.value, suffix);
  const literal = withDate(named, suffix);
  return compiledOf({ read, graph, owners, chosen: selected, literal, found: diagnostics });
}

function withDate({ references, unnamed }: Selected, suffix: string): Selected {
  const dated = [...references].map((one) => `${one}${suffix}` as Reference);
  return { references: new Set(dated), unnamed };
}

/** Reads the directory around the trees once, where somebody asks; absent: there is none. */
function aroundOf({ workspace, read }: CompileInput): AroundTrees | undefined {
  const { around } = workspace;
  if (around === undefined) {
    return undefined;
  }
  let known: Definitions | undefined;
  return () => {
    known ??= readDefinitions([around], read);
    return known;
  };
}

function notAround(graph: Graph, around: AroundTrees | undefined): Graph {
  return around === undefined ? graph : withBroken(graph, faultsOfAround(graph, around));
}

function toGraph(
  {
    images,
    broken,
    excluded = [],
  }: Pick<Definitions, 'images' | 'broken'> & Partial<Pick<Definitions, 'excluded'>>,
  machine: string | undefined,
  around?: AroundTrees,
): Graph {
  const rendered = renderImages(images, broken, around);
  const options = { excluded, ...(machine === undefined ? {} : { machine }) };
  const sound = withTreeArgs(rendered.images);
  const unread = [...broken, ...rendered.broken];
  const graph = resolve(sound, unread, options);
  // What cannot be read may declare them.
  const unused = unread.length > 0 ? [] : unusedTreeArgs(sound);
  return unused.length === 0 ? graph : { ...graph, doubts: [...(graph.doubts ?? []), ...unused] };
}

/** A tree that was not named is not concerned, whatever is wrong with it. */
function problemsOfTrees({ ofTrees }: Definitions, { within, words }: Workspace): Diagnostic[] {
  const isAll = within.length === 0 || (words?.names.length ?? 0) > 0;
  const isNamed = (directory: string): boolean =>
    isAll || within.some((one) => isWithin(one, directory) || isWithin(directory, one));
  return ofTrees.filter(({ tree }) => isNamed(tree.directory)).map(({ diagnostic }) => diagnostic);
}

function compiledOf({
  read,
  graph,
  owners,
  chosen,
  literal,
  found,
}: {
  readonly read: Definitions;
  readonly graph: Graph;
  readonly owners: Owners;
  readonly chosen: Selected;
  readonly literal: Selected;
  readonly found: readonly Diagnostic[];
}): Outcome<Compiled> {
  const { excluded } = read;
  const { references } = chosen;
  const broken = brokenOf(graph, chosen);
  const named = broken.selected.filter((node) => isAmong(literal, node));
  const warnings = graph.images
    .filter(({ reference }) => references.has(reference))
    .flatMap((image) => image.warnings ?? []);
  const shared = (graph.doubts ?? [])
    .filter(({ users }) => users.some((user) => references.has(user)))
    .map(({ diagnostic }) => diagnostic);
  const cycles = broken.selected.flatMap(({ cycle }) => cycle ?? []);
  const diagnostics = [...found, ...cycles, ...warnings, ...shared];
  const value = {
    graph,
    selected: references,
    named: literal.references,
    excluded,
    owners,
    broken: { ...broken, named },
  };
  return { value, diagnostics };
}

function brokenOf(graph: Graph, chosen: Selected): Pick<Compiled['broken'], 'selected' | 'others'> {
  const selected: BrokenNode[] = [];
  const others: BrokenNode[] = [];
  for (const node of graph.broken) {
    (isAmong(chosen, node) ? selected : others).push(node);
  }
  return { selected, others };
}

/** The same with another graph of the same images: with more of them broken. */
export function withGraph(compiled: Compiled, graph: Graph): Compiled {
  if (graph === compiled.graph) {
    return compiled;
  }
  const { selected, named: literal, excluded, owners, broken } = compiled;
  const unnamed = new Set(broken.selected.map(({ image }) => image.shown));
  const { named } = broken;
  return {
    graph,
    selected,
    named: literal,
    excluded,
    owners,
    broken: { ...brokenOf(graph, { references: selected, unnamed }), named },
  };
}

function isAmong({ references, unnamed }: Selected, { image }: BrokenNode): boolean {
  const { reference, shown } = image;
  return reference === undefined ? unnamed.has(shown) : references.has(reference);
}

/** The selected images that are not broken. */
export function soundOnes({
  graph,
  selected,
}: Pick<Compiled, 'graph' | 'selected'>): ReadonlySet<Reference> {
  const sound = graph.images.map(({ reference }) => reference);
  return new Set(sound.filter((reference) => selected.has(reference)));
}
