import { hash } from 'node:crypto';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';

/**
 * The digest of an image's definition: two images of one digest are built from the same input, on
 * any builder. It is taken of
 *
 * - the Dockerfile rendered without proxy and apt options,
 * - the final stage, the platforms, the build arguments and the labels that the definition asks for,
 * - the digest of its context: names, contents and executable bits of the files after the ignore
 *   rules,
 * - the definition digests of its parents in the trees, by context key.
 *
 * Not in it: the image's own version and changelog, which change nothing in the image but labels
 * (parents' versions are in the Dockerfile), and bases outside the trees beyond their names.
 */
export function definitionDigests(
  graph: Graph,
  wanted: ReadonlySet<Reference>,
  contextDigest: (image: ResolvedImage) => Digest,
): ReadonlyMap<Reference, Digest> {
  const digests = new Map<Reference, Digest>();
  for (const image of withAncestors(graph, wanted)) {
    digests.set(image.reference, definitionDigest(image, contextDigest(image), digests));
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

function definitionDigest(
  image: ResolvedImage,
  context: Digest,
  digests: ReadonlyMap<Reference, Digest>,
): Digest {
  const { definition, neutralDockerfile } = image.rendered;
  const parts: string[] = [format, neutralDockerfile, definition.stage ?? '', context];
  addAll(parts, [...definition.platforms].sort());
  addAll(parts, sortedEntries(definition.args));
  addAll(parts, sortedEntries(definition.labels));
  for (const edge of [...image.parents].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    parts.push(edge.key, digests.get(edge.parent) ?? '');
  }
  return sha256(parts);
}

/** Changes when the recipe above does, so that digests of two recipes never agree by chance. */
const format = 'generate-bake definition 1';

function addAll(parts: string[], values: readonly string[]): void {
  parts.push(String(values.length), ...values);
}

function sortedEntries(map: ReadonlyMap<string, string>): string[] {
  if (map.size === 0) {
    return [];
  }
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).flat();
}

/** Of the parts with their lengths, so that no two lists of parts give one input. */
function sha256(parts: readonly string[]): Digest {
  let input = '';
  for (const part of parts) {
    input += `${part.length}:${part}`;
  }
  return `sha256:${hash('sha256', input)}` as Digest;
}
