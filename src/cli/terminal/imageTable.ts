import type { BrokenImage } from '#compiler/definitions/broken.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { pathOf } from '#compiler/resolve/catalogue.js';
import type { BrokenNode, Edge, Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import { reasonOf } from '#compiler/tellBroken.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { type ListColumn, listColumns, type TableView } from '../columns.js';
import { type FactRow, type KnownFacts, sortedRows, viewTable } from './factCells.js';
import { shownNames } from './shownNames.js';
import { type Column, table } from './table.js';

/** What `list` shows of the columns beyond those of every day. */
export interface ListView extends TableView<ListColumn> {
  readonly factsOf: (image: ResolvedImage | BrokenNode) => KnownFacts;
}

/**
 * The table that `list` prints: one line an image, by tree and path, with what it starts from; a parent that control does not
 * declare is marked with `*`. A broken image has its reason in place of its parents.
 *
 * @param width of the terminal; absent: it is not one
 * @param view absent: the columns of every day
 */
export function listTable(
  graph: Graph,
  images: readonly ResolvedImage[],
  broken: readonly BrokenNode[] = [],
  width?: number,
  view: ListView = { factsOf: () => ({}) },
): string {
  const names = namesIn(graph);
  const references = graph.images.map(({ reference }) => reference);
  const { short, heading } = shownNames(references, width);
  const rowOf = (own: Own, image: ResolvedImage | BrokenNode): FactRow<ListColumn> => ({
    own: { ...own, base: short(own.base) },
    facts: view.factsOf(image),
  });
  const rows = [
    ...images.map((image) => rowOf(soundRow(image, names), image)),
    ...broken.map((node) => rowOf(brokenRow(node.image), node)),
  ].sort(({ own: x }, { own: y }) => compare(x.tree, y.tree) || compare(x.path, y.path));
  const sorted = sortedRows<ListColumn, FactRow<ListColumn>>(rows, view.sort);
  if (view.columns !== undefined) {
    return heading + viewTable(sorted, heads, view.columns, width);
  }
  // The tree tells names apart where there are several, and says nothing where there is one.
  const isOneTree = new Set(sorted.map(({ own }) => own.tree)).size === 1;
  const columns = listColumns.slice(width !== undefined && isOneTree ? 1 : 0);
  const cells = sorted.map(({ own }) => columns.map((name) => own[name]));
  return (
    heading +
    table(
      columns.map((name) => heads[name]),
      cells,
      width,
    )
  );
}

const heads: Readonly<Record<ListColumn, Column>> = {
  tree: { head: 'TREE', least: 6 },
  name: { head: 'NAME', wraps: true },
  version: { head: 'VERSION', least: 10 },
  path: { head: 'PATH', least: 16, leaves: 1, cuts: 'start' },
  base: { head: 'BASE', least: 12, leaves: 2 },
  parents: { head: 'PARENTS', least: 12 },
};

type Own = Readonly<Record<ListColumn, string>>;

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The name of each image, as its own row has it; with its namespace where trees have several of that name. */
type Names = ReadonlyMap<Reference, string>;

function namesIn({ images, broken }: Graph): Names {
  const all: readonly (ImageDefinition | BrokenImage)[] = [
    ...images.map(({ rendered }) => rendered.definition),
    ...broken.map(({ image }) => image),
  ];
  const repositories = new Map<string, Set<Repository>>();
  for (const { name, repository } of all) {
    if (name !== undefined && repository !== undefined) {
      const known = repositories.get(name) ?? new Set();
      repositories.set(name, known.add(repository));
    }
  }
  const names = new Map<Reference, string>();
  for (const { reference, name, tree, repository } of all) {
    if (reference !== undefined && name !== undefined) {
      const isShared = (repositories.get(name)?.size ?? 0) > 1;
      const isPath = isShared && repository !== undefined;
      names.set(reference, isPath ? pathOf({ tree, repository }) : name);
    }
  }
  return names;
}

function soundRow(image: ResolvedImage, names: Names): Own {
  const { tree, name, version, definedIn, context } = image.rendered.definition;
  return {
    tree: tree.name,
    name,
    version: shownVersion(version),
    path: definedIn ?? context,
    base: baseOf(image, names),
    parents: parents(image, names),
  };
}

/** These words are what a version is to be computed by: where it could not, nobody knows it. */
function shownVersion(version: string): string {
  return version === 'content' || version === 'commit' ? '-' : version;
}

function brokenRow(image: BrokenImage): Own {
  const { tree, name = '-', version = '-', shown } = image;
  return {
    tree: tree.name,
    name,
    version: shownVersion(version),
    path: shown,
    base: '-',
    parents: `broken: ${reasonOf(image)}`,
  };
}

/** The name of every parent, in Dockerfile order, each once. */
function parents(image: ResolvedImage, names: Names): string {
  const shown = new Map<string, string>();
  for (const edge of image.parents) {
    shown.set(edge.parent, nameOf(edge, names) + (edge.declared ? '' : '*'));
  }
  return shown.size === 0 ? '-' : [...shown.values()].join(' ');
}

/** An image around the trees has no row. */
function nameOf({ parent }: Edge, names: Names): string {
  return names.get(parent) ?? parent.slice(parent.lastIndexOf('/') + 1, parent.lastIndexOf(':'));
}

/**
 * What it starts from: an image of the trees by its name, another as it is written, with as much
 * of a digest as docker shows.
 */
function baseOf({ base, parents: edges }: ResolvedImage, names: Names): string {
  const parent = edges.find((edge) => edge.parent === base);
  return parent === undefined
    ? base.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1')
    : nameOf(parent, names);
}
