import { hash } from 'node:crypto';
import type { Digest, Reference } from '#core/reference/brands.js';
import { noNames, type RegistryNames } from '#core/reference/registryNames.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';
import type { PlannedContext } from './plan.js';

/**
 * The digest of an image's definition: two images of one digest are built from the same input, on
 * any builder. It is taken of
 *
 * - the Dockerfile rendered without proxy and apt options,
 * - the final stage, the platforms, the build arguments and the labels that the definition asks for,
 * - the digest of its context: names, contents and executable bits of the files after the ignore
 *   rules,
 * - how often it was rebuilt, where that is counted and not 0,
 * - the definition digests of its parents in the trees, by context key.
 *
 * It begins with the number of its recipe and a colon where that is not the first, `2:sha256:…`: the
 * highest of its context's and its parents'. Recipe 2 is of a context that has what recipe 1 saw
 * otherwise (links, rules beside the Dockerfile), recipe 3 of one that has files which the Dockerfile
 * does not take, recipe 4 of an image that is built on one whose definition is broken: what stands for
 * that one counts in place of its definition. Digests of two recipes cannot be compared (`isComparable`).
 *
 * Of an image with a computed version `content` it is `contentDigest`.
 *
 * Not in it: the image's own version and changelog, which change nothing in the image but labels
 * (parents' versions are in the Dockerfile), and bases outside the trees beyond their names. Of a registry
 * that has several names the canonical one counts, wherever one of them is written.
 *
 * An image that is built on a broken one, directly or not, has none where nothing stands for that one:
 * nobody knows what it would be.
 *
 * @param pins of broken images, the digest of the image that children are built on
 */
export function definitionDigests(
  graph: Graph,
  wanted: ReadonlySet<Reference>,
  contextOf: (image: ResolvedImage) => Pick<PlannedContext, 'digest' | 'recipe'>,
  pins: ReadonlyMap<Reference, Digest> = new Map(),
): ReadonlyMap<Reference, Digest> {
  const digests = new Map<Reference, Digest>();
  /** What counts of each parent. */
  const parts = new Map<Reference, string>();
  for (const [reference, pin] of pins) {
    parts.set(reference, `4:pinned:${pin}`);
  }
  for (const image of withAncestors(graph, wanted)) {
    const digest = definitionDigestWith(image, contextOf(image), parts);
    if (digest !== undefined) {
      digests.set(image.reference, digest);
      parts.set(image.reference, digest);
    }
  }
  return digests;
}

/** The wanted images and all their ancestors in the trees, parents first. */
export function withAncestors(
  graph: Graph,
  wanted: ReadonlySet<Reference>,
): readonly ResolvedImage[] {
  const needed = new Set(wanted);
  for (const image of graph.images.toReversed()) {
    if (!needed.has(image.reference)) {
      continue;
    }
    for (const edge of image.parents) {
      needed.add(edge.parent);
    }
  }
  return graph.images.filter((image) => needed.has(image.reference));
}

/** Whether two definition digests are of one recipe. */
export function isComparable(one: string, other: string): boolean {
  return recipeOf(one) === recipeOf(other);
}

/** Whether it counts an image that stands for a broken definition. */
export function isPinned(digest: string): boolean {
  return recipeOf(digest) === 4;
}

/** Of a later version of this program it may be one that is not known here. */
function recipeOf(digest: string): number {
  return Number(/^(\d+):/.exec(digest)?.[1] ?? 1);
}

/** The digest of one definition, by what counts of each of its parents; undefined where one is not known. */
export function definitionDigestWith(
  image: ResolvedImage,
  context: Pick<PlannedContext, 'digest' | 'recipe'>,
  known: ReadonlyMap<Reference, string>,
): Digest | undefined {
  const { definition } = image.rendered;
  if (definition.computed?.digest !== undefined) {
    return definition.computed.digest;
  }
  const names = namesOf(image);
  const byKey = new Map<string, string>();
  for (const { key, parent } of image.parents) {
    const digest = known.get(parent);
    if (digest === undefined) {
      return undefined;
    }
    byKey.set(names.canonical(key), digest);
  }
  const parents = [...byKey]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, digest]) => ({ key, digest }));
  const recipe = Math.max(context.recipe ?? 1, ...parents.map(({ digest }) => recipeOf(digest)));
  const own = ownParts(image, context);
  const parts = [`generate-bake definition ${recipe}`, ...own];
  for (const { key, digest } of parents) {
    parts.push(key, digest);
  }
  return (recipe === 1 ? sha256(parts) : `${recipe}:${sha256(parts)}`) as Digest;
}

/**
 * The definition digest of an image whose version is the beginning of it (`content`): of what it is
 * made of itself, and of the versions of its parents, by context key. What the parents are made of
 * counts by their versions alone, so that the image is never of this version and another digest.
 */
export function contentDigest(
  image: ResolvedImage,
  context: Pick<PlannedContext, 'digest'>,
  versions: ReadonlyMap<string, string>,
): Digest {
  const parts = ['generate-bake content 1', ...ownParts(image, context)];
  const names = namesOf(image);
  addAll(
    parts,
    sortedEntries(versions, (name) => names.canonical(name)),
  );
  return `3:${sha256(parts)}` as Digest;
}

function ownParts(
  { rendered, platforms }: ResolvedImage,
  context: Pick<PlannedContext, 'digest'>,
): string[] {
  const { definition, neutralDockerfile } = rendered;
  const parts = [neutralDockerfile, definition.stage ?? '', context.digest];
  const names = namesOf({ rendered });
  addAll(parts, [...platforms].sort());
  const named = (text: string) => names.canonicalText(text);
  addAll(parts, sortedEntries(definition.args, named));
  addAll(parts, sortedEntries(definition.labels, named));
  if (definition.rebuilds !== undefined) {
    parts.push('rebuilds', String(definition.rebuilds));
  }
  return parts;
}

function namesOf({ rendered }: Pick<ResolvedImage, 'rendered'>): RegistryNames {
  return rendered.definition.tree.config.registryNames ?? noNames;
}

function addAll(parts: string[], values: readonly string[]): void {
  parts.push(String(values.length), ...values);
}

function sortedEntries(
  map: ReadonlyMap<string, string>,
  canonical: (text: string) => string,
): string[] {
  if (map.size === 0) {
    return [];
  }
  const entries = new Map([...map].map(([key, value]) => [canonical(key), canonical(value)]));
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).flat();
}

/** Of the parts with their lengths, so that no two lists of parts give one input. */
function sha256(parts: readonly string[]): Digest {
  let input = '';
  for (const part of parts) {
    input += `${part.length}:${part}`;
  }
  return `sha256:${hash('sha256', input)}` as Digest;
}
