import type { BrokenImage } from '#compiler/definitions/broken.js';
import type { BrokenNode, Edge, Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import { reasonOf } from '#compiler/tellBroken.js';
import type { Reference } from '#core/reference/brands.js';
import { shownNames } from './shownNames.js';
import { type Column, table } from './table.js';

/**
 * The table that `list` prints: one line an image, by tree and path, with what it starts from; a parent that control does not
 * declare is marked with `*`. A broken image has its reason in place of its parents.
 *
 * @param width of the terminal; absent: it is not one
 */
export function listTable(
  graph: Graph,
  images: readonly ResolvedImage[],
  broken: readonly BrokenNode[] = [],
  width?: number,
): string {
  const names = namesIn(graph);
  const rows = [
    ...images.map((image) => soundRow(image, names)),
    ...broken.map(({ image }) => brokenRow(image)),
  ];
  const sorted = rows.sort((a, b) => compare(a.tree, b.tree) || compare(a.path, b.path));
  const references = graph.images.map(({ reference }) => reference);
  const { short, heading } = shownNames(references, width);
  const cells = sorted.map(({ base, ...row }) => cellsOf({ ...row, base: short(base) }));
  // The tree tells names apart where there are several, and says nothing where there is one.
  const isOneTree = new Set(sorted.map(({ tree }) => tree)).size === 1;
  const first = width !== undefined && isOneTree ? 1 : 0;
  return (
    heading +
    table(
      columns.slice(first),
      cells.map((row) => row.slice(first)),
      width,
    )
  );
}

const columns: readonly Column[] = [
  { head: 'TREE', least: 6 },
  { head: 'NAME', wraps: true },
  { head: 'VERSION', least: 10 },
  { head: 'PATH', least: 16, leaves: 1, cuts: 'start' },
  { head: 'BASE', least: 12, leaves: 2 },
  { head: 'PARENTS', least: 12 },
];

interface Row {
  readonly tree: string;
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly base: string;
  readonly parents: string;
}

function cellsOf({ tree, name, version, path, base, parents: last }: Row): readonly string[] {
  return [tree, name, version, path, base, last];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The name of each image, as its own row has it. */
type Names = ReadonlyMap<Reference, string>;

function namesIn({ images, broken }: Graph): Names {
  const names = new Map<Reference, string>(
    images.map(({ reference, rendered }) => [reference, rendered.definition.name]),
  );
  for (const { image } of broken) {
    if (image.reference !== undefined && image.name !== undefined) {
      names.set(image.reference, image.name);
    }
  }
  return names;
}

function soundRow(image: ResolvedImage, names: Names): Row {
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

function brokenRow(image: BrokenImage): Row {
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
