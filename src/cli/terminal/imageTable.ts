import type { BrokenImage } from '#compiler/definitions/broken.js';
import type { BrokenNode, Edge, ResolvedImage } from '#compiler/resolve/graph.js';
import { reasonOf } from '#compiler/tellBroken.js';
import { table } from './table.js';

/**
 * The table that `list` prints: one line an image, by tree and path, with what it starts from; a parent that control does not
 * declare is marked with `*`. A broken image has its reason in place of its parents.
 */
export function listTable(
  images: readonly ResolvedImage[],
  broken: readonly BrokenNode[] = [],
): string {
  const rows = [...images.map(soundRow), ...broken.map(({ image }) => brokenRow(image))];
  const sorted = rows.sort((a, b) => compare(a.tree, b.tree) || compare(a.path, b.path));
  return table([['TREE', 'NAME', 'VERSION', 'PATH', 'BASE', 'PARENTS'], ...sorted.map(cellsOf)]);
}

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

function soundRow(image: ResolvedImage): Row {
  const { tree, name, version, definedIn, context } = image.rendered.definition;
  return {
    tree: tree.name,
    name,
    version,
    path: definedIn ?? context,
    base: baseOf(image),
    parents: parents(image),
  };
}

function brokenRow(image: BrokenImage): Row {
  const { tree, name = '-', version = '-', shown } = image;
  return {
    tree: tree.name,
    name,
    version,
    path: shown,
    base: '-',
    parents: `broken: ${reasonOf(image)}`,
  };
}

/** The short form of every parent, in Dockerfile order, each once. */
function parents(image: ResolvedImage): string {
  const shown = new Map<string, string>();
  for (const edge of image.parents) {
    shown.set(edge.parent, shortName(edge) + (edge.declared ? '' : '*'));
  }
  return shown.size === 0 ? '-' : [...shown.values()].join(' ');
}

function shortName({ parent }: Edge): string {
  return parent.slice(parent.lastIndexOf('/') + 1, parent.lastIndexOf(':'));
}

/**
 * What it starts from: an image of the trees by its short form, another as it is written, with as much
 * of a digest as docker shows.
 */
function baseOf({ base, parents: edges }: ResolvedImage): string {
  const parent = edges.find((edge) => edge.parent === base);
  return parent === undefined
    ? base.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1')
    : shortName(parent);
}
