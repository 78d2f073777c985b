import { type FindHistory, gitHistories } from '#adapters/git/history.js';
import type { ListDirectory } from '#core/files/directories.js';
import type { Reference } from '#core/reference/brands.js';
import { Contexts } from '../context/contexts.js';
import { type BrokenImage, brokenFrom } from '../definitions/broken.js';
import type { ComputedVersion, ImageDefinition } from '../definitions/definition.js';
import { contentDigest } from '../plan/definitionDigest.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';
import { commitVersions } from './commitVersions.js';
import type { VersionOutcome } from './outcome.js';
import { writtenBroken } from './writtenBroken.js';

/** What was read, as far as versions are concerned. */
interface Read {
  readonly images: readonly ImageDefinition[];
  readonly broken: readonly BrokenImage[];
}

export interface VersionOptions {
  readonly list?: ListDirectory;
  /** The histories of work trees; absent: git is asked. */
  readonly histories?: FindHistory;
}

/** As many digits as nobody reads as something else, and no two definitions share. */
const digits = 12;

/**
 * The same images with the versions that are computed: `content` and `commit` need to know what an
 * image is built on, so that they are linked once before. `toGraph` is asked only where there are
 * such images. What cannot be computed breaks its image (`version-source`); what is built on a broken
 * one keeps the word as its version.
 */
export function withComputedVersions<R extends Read>(
  read: R,
  toGraph: (read: Read) => Graph,
  { list, histories = gitHistories() }: VersionOptions = {},
): R {
  const [first] = read.images.filter(({ computed }) => computed !== undefined);
  if (first === undefined) {
    return read;
  }
  const graph = toGraph(read);
  const contexts = new Contexts(first.tree.directory, list);
  const found = contentVersions(graph, contexts, commitVersions(graph, histories, list));
  const images: ImageDefinition[] = [];
  const broken: BrokenImage[] = [];
  for (const definition of read.images) {
    const version = found.get(definition);
    if (version?.kind === 'failed') {
      broken.push(brokenFrom(definition, version.diagnostics));
    } else {
      images.push(version === undefined ? definition : withVersion(definition, version.computed));
    }
  }
  return { ...read, images, broken: [...read.broken, ...broken] };
}

/** Adds the `content` versions, parents first: each has those of its parents in it. */
function contentVersions(
  graph: Graph,
  contexts: Contexts,
  commits: ReadonlyMap<ImageDefinition, VersionOutcome>,
): ReadonlyMap<ImageDefinition, VersionOutcome> {
  const found = new Map(commits);
  // What a child's version has of each parent; absent: it is not known.
  const known = new Map<Reference, string>(writtenBroken(graph).map((one) => [one, one]));
  for (const image of graph.images) {
    const { definition } = image.rendered;
    if (definition.computed === undefined) {
      known.set(image.reference, image.reference);
      continue;
    }
    const version =
      definition.computed.kind === 'content'
        ? contentVersion(image, contexts, known)
        : found.get(definition);
    if (version === undefined) {
      continue;
    }
    found.set(definition, version);
    if (version.kind === 'found') {
      known.set(image.reference, version.computed.version);
    }
  }
  return found;
}

/** Undefined where a parent has no version. */
function contentVersion(
  image: ResolvedImage,
  contexts: Contexts,
  known: ReadonlyMap<Reference, string>,
): VersionOutcome | undefined {
  const versions = new Map<string, string>();
  for (const { key, parent } of image.parents) {
    const version = known.get(parent);
    if (version === undefined) {
      return undefined;
    }
    versions.set(key, version);
  }
  const context = contexts.of(image);
  const diagnostics = contexts.faults.get(image.reference);
  if (diagnostics !== undefined) {
    return { kind: 'failed', diagnostics };
  }
  const digest = contentDigest(image, context, versions);
  const version = digest.slice(digest.lastIndexOf(':') + 1).slice(0, digits);
  return { kind: 'found', computed: { kind: 'content', version, digest } };
}

function withVersion(
  definition: ImageDefinition,
  computed: ComputedVersion & { readonly version: string },
): ImageDefinition {
  const { version } = computed;
  const reference = `${definition.repository}:${version}` as Reference;
  const extraTags = definition.tagsOf?.(version) ?? definition.extraTags;
  return { ...definition, version, reference, extraTags, computed };
}
