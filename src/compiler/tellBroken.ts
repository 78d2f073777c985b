import { addTo } from '#core/data/groups.js';
import { type Diagnostic, error, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { some } from '#core/text/some.js';
import type { BrokenImage } from './definitions/broken.js';
import { type BrokenNode, descendantsOfBroken, type Graph } from './resolve/graph.js';

/** As fit in a line. */
const mostNames = 10;

/** What an image is called: its reference, or where it is. */
export function calledOf({ reference, repository, shown }: BrokenImage): string {
  return reference ?? repository ?? shown;
}

/** The first error of a broken image, in one line. */
export function reasonOf({ diagnostics }: BrokenImage): string {
  return diagnostics.find(({ severity }) => severity === 'error')?.message ?? 'it is broken';
}

/**
 * The errors of broken images. What follows from another's is not repeated: of each that others
 * suffer from, one error says which are left out.
 *
 * @param leftOut sound images that cannot be used for a broken one that they are built on
 */
export function tellBroken(
  graph: Graph,
  broken: readonly BrokenNode[],
  leftOut: readonly Reference[] = [],
): Diagnostic[] {
  const told = new Set(broken.map(({ image }) => keyOf(image)));
  const diagnostics: Diagnostic[] = [];
  const suffering = new Map<string, string[]>();
  for (const { image } of broken) {
    const root = rootOf(image);
    if (root !== image && told.has(keyOf(root))) {
      addTo(suffering, keyOf(root), calledOf(image));
    } else {
      diagnostics.push(...image.diagnostics);
    }
  }
  const below = leftOut.length === 0 ? new Map() : descendantsOfBroken(graph);
  const byReference = new Map(
    graph.broken.flatMap(({ image }) => (image.reference ? [[image.reference, image]] : [])),
  );
  for (const reference of leftOut) {
    const parent = byReference.get(below.get(reference));
    if (parent !== undefined) {
      addTo(suffering, keyOf(rootOf(parent)), reference);
    }
  }
  for (const { image } of graph.broken) {
    const others = suffering.get(keyOf(image));
    if (others !== undefined) {
      diagnostics.push(...leftOutFor(image, others));
      suffering.delete(keyOf(image));
    }
  }
  return diagnostics;
}

/** One line about the broken images that nobody asked for. */
export function tellOthers(broken: readonly BrokenNode[]): Diagnostic[] {
  if (broken.length === 0) {
    return [];
  }
  const names = broken.map(({ image }) => calledOf(image));
  const are =
    names.length === 1
      ? '1 image that is not selected is'
      : `${names.length} images that are not selected are`;
  return [
    warning('broken-elsewhere', `${are} broken: ${some(names, mostNames)}`, {
      hint: 'generate-bake list says why',
    }),
  ];
}

function leftOutFor(image: BrokenImage, others: readonly string[]): Diagnostic[] {
  const count = others.length === 1 ? '1 image' : `${others.length} images`;
  const message = `${count} built on ${calledOf(image)} left out: ${some(others, mostNames)}`;
  return [
    error('broken-parent', message, {
      place: { file: image.shown },
      hint: `fix ${image.shown} first`,
    }),
  ];
}

/** The image whose fault it is in the end. */
function rootOf(image: BrokenImage): BrokenImage {
  let root = image;
  for (let seen = 0; root.because !== undefined && seen < 10_000; seen++) {
    root = root.because;
  }
  return root;
}

/** A directory defines one image, a stage's Dockerfile too; a plain one may define several. */
function keyOf({ shown, repository }: BrokenImage): string {
  return `${shown} ${repository ?? ''}`;
}
