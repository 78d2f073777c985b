import type { Door } from '#core/files/readInside.js';
import type { Reference } from '#core/reference/brands.js';
import type { ImageDefinition, InsideTest } from '../definitions/definition.js';
import type { Graph } from '../resolve/graph.js';
import { verification } from './hostTest.js';

/** A test and the image that it was written for: the one under test, or an ancestor of it. */
export interface InheritedTest {
  readonly owner: Reference;
  readonly test: InsideTest;
  /** What its files are read through. */
  readonly door: Door;
}

/** The directory that tests run on the host are looked up in; undefined where an image has none. */
export function hostTestDirectory({ tests, directory }: ImageDefinition): string | undefined {
  return tests === undefined ? directory : tests.directory;
}

/**
 * The tests that run inside an image: those of the images that it is built on (FROM), the lowest
 * first, and then its own. What an ancestor promises its children must keep.
 */
export function insideTests(graph: Graph, reference: Reference): readonly InheritedTest[] {
  const found: InheritedTest[][] = [];
  const seen = new Set<Reference>();
  let image = graph.byReference.get(reference);
  while (image !== undefined && !seen.has(image.reference)) {
    const owner = image.reference;
    seen.add(owner);
    const { tests, tree } = image.rendered.definition;
    const door = { own: tree.directory, boundary: tree.boundary };
    found.push((tests?.inside ?? []).map((test) => ({ owner, test, door })));
    image = graph.byReference.get(image.base as Reference);
  }
  return found.reverse().flat();
}

/** Where the tests of an image are: with itself, only with what it is built on, or nowhere. */
export type TestsOf = 'own' | 'inherited' | 'none';

/** Which tests an image has: on the host, or inside it. */
export function testsOf(graph: Graph, reference: Reference): TestsOf {
  const inside = insideTests(graph, reference);
  const definition = graph.byReference.get(reference)?.rendered.definition;
  if (
    inside.some(({ owner }) => owner === reference) ||
    (definition !== undefined && isTestedOnHost(definition))
  ) {
    return 'own';
  }
  return inside.length > 0 ? 'inherited' : 'none';
}

function isTestedOnHost(definition: ImageDefinition): boolean {
  const directory = hostTestDirectory(definition);
  if (directory === undefined) {
    return false;
  }
  return verification(definition.tree.config, directory, definition.reference).kind !== 'none';
}
