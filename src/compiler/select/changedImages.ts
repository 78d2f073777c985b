import { hasErrors } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Contexts } from '../context/contexts.js';
import { takenOf } from '../context/covered.js';
import type { BrokenImage } from '../definitions/broken.js';
import { attestOf, cacheOf, type ImageDefinition } from '../definitions/definition.js';
import { changesBetween, type DefinitionChanges } from '../plan/definitionChanges.js';
import { contentDigest } from '../plan/definitionDigest.js';
import { type DefinitionParts, definitionParts } from '../plan/definitionParts.js';
import type { BrokenNode, Graph, ResolvedImage } from '../resolve/graph.js';
import type { Selected } from './select.js';

/** All images as one state of the files has them. */
export interface Side {
  readonly graph: Graph;
  /** Each is only looked at where its image is compared. */
  readonly contexts: Contexts;
}

/** The state before: perhaps not all of it could be compiled. */
export interface Before extends Side {
  /** Why an image that is not there may have been there all the same; absent: it was not. */
  readonly gap?: string;
}

/** What is different about an image; one that is the same has none. */
export type ImageChange =
  | { readonly kind: 'new' }
  | {
      readonly kind: 'changed';
      readonly before: Pick<ImageDefinition, 'reference' | 'repository' | 'version'>;
      /** What of its definition is another; empty where only its name or version is. */
      readonly changes: DefinitionChanges;
    }
  /** It counts as changed, and nobody knows by what. */
  | { readonly kind: 'uncompared'; readonly reason: string };

/** An image that is not there any more: what is known of it. */
export interface RemovedImage
  extends Pick<BrokenImage, 'name' | 'repository' | 'reference' | 'tree' | 'directory'> {
  /** The directory that defined it, as a person would write it. */
  readonly shown: string;
}

/** How the images of the trees differ from those of another state of the files. */
export interface ImageChanges {
  /** By `keyOf`. */
  readonly changes: ReadonlyMap<string, ImageChange>;
  readonly removed: readonly RemovedImage[];
  /** Those that are the same, but for settings that no definition digest covers (`hasOtherSettings`). */
  readonly otherSettings: ReadonlySet<Reference>;
}

/** What an image is known by on both sides, whatever its version is and its directory was called. */
export function keyOf({ repository, shown }: Pick<BrokenImage, 'repository' | 'shown'>): string {
  return repository ?? `directory ${shown}`;
}

/** The same of one that is sound. */
export function keyOfSound({ rendered }: ResolvedImage): string {
  return rendered.definition.repository;
}

/**
 * Compares images by what each is made of itself: by all that its definition digest covers but for the
 * definitions of its parents, of which only the references count, and by its version. So what is different is what
 * would be another image on the same parents, and what is built on a changed image is not, unless its Dockerfile
 * names another version of it.
 *
 * @param asked the images that are compared; of the others nothing is looked at
 */
export function changedImages(now: Side, asked: Selected, before: Before): ImageChanges {
  const old = indexOf(before.graph);
  const changes = new Map<string, ImageChange>();
  const otherSettings = new Set<Reference>();
  const seen = new Set<string>();
  const add = (key: string, change: ImageChange | undefined): void => {
    if (change !== undefined) {
      changes.set(key, change);
    }
  };
  for (const image of now.graph.images) {
    const was = old.of(image.rendered.definition);
    seen.add(was?.key ?? '');
    if (asked.references.has(image.reference)) {
      const change = soundChange(image, was, now, before);
      add(keyOfSound(image), change);
      const sound =
        change === undefined && was !== undefined && 'image' in was ? was.image : undefined;
      if (sound !== undefined && hasOtherSettings(image, sound)) {
        otherSettings.add(image.reference);
      }
    }
  }
  for (const node of now.graph.broken) {
    const was = old.of(node.image);
    seen.add(was?.key ?? '');
    if (isAsked(node.image, asked)) {
      add(keyOf(node.image), brokenChange(node, was, before));
    }
  }
  const removed = [...old.all].filter(({ key }) => !seen.has(key)).map(({ gone }) => gone);
  return { changes, removed, otherSettings };
}

/** Whether an image has another cache or scanner than it had: where layers, and what is said of them, may come from. */
function hasOtherSettings(now: ResolvedImage, before: ResolvedImage): boolean {
  const textOf = ({ rendered: { definition } }: ResolvedImage): string =>
    JSON.stringify([cacheOf(definition)?.ref, attestOf(definition)?.sbom]);
  return textOf(now) !== textOf(before);
}

/** Which of the asked images are different. */
export function differing(graph: Graph, asked: Selected, { changes }: ImageChanges): Selected {
  const references = new Set<Reference>();
  const unnamed = new Set<string>();
  for (const image of graph.images) {
    if (asked.references.has(image.reference) && changes.has(keyOfSound(image))) {
      references.add(image.reference);
    }
  }
  for (const { image } of graph.broken) {
    if (!isAsked(image, asked) || !changes.has(keyOf(image))) {
      continue;
    }
    if (image.reference === undefined) {
      unnamed.add(image.shown);
    } else {
      references.add(image.reference);
    }
  }
  return { references, unnamed };
}

function isAsked({ reference, shown }: BrokenImage, asked: Selected): boolean {
  return reference === undefined ? asked.unnamed.has(shown) : asked.references.has(reference);
}

type Old = { readonly key: string; readonly gone: RemovedImage } & (
  | { readonly image: ResolvedImage }
  | { readonly node: BrokenNode }
);

interface Named {
  readonly name?: string;
  readonly repository?: ImageDefinition['repository'];
  readonly tree: { readonly name: string };
  readonly shown?: string;
}

interface OldImages {
  readonly all: Iterable<Old>;
  /** The one that an image was: of the same repository, else of the same name in the same tree. */
  of(image: Named): Old | undefined;
}

function indexOf({ images, broken }: Graph): OldImages {
  const all = new Map<string, Old>();
  const byName = new Map<string, Old>();
  const add = (old: Old, { name, tree }: Named): void => {
    all.set(old.key, old);
    if (name !== undefined) {
      byName.set(`${tree.name}\0${name}`, old);
    }
  };
  for (const node of broken) {
    add({ key: keyOf(node.image), gone: node.image, node }, node.image);
  }
  for (const image of images) {
    const { definition } = image.rendered;
    const gone = { ...definition, shown: definition.definedIn ?? definition.context };
    add({ key: keyOfSound(image), gone, image }, definition);
  }
  return {
    all: all.values(),
    of: ({ name, repository, tree, shown = '' }) =>
      all.get(repository ?? `directory ${shown}`) ??
      (name === undefined ? undefined : byName.get(`${tree.name}\0${name}`)),
  };
}

function soundChange(
  image: ResolvedImage,
  was: Old | undefined,
  now: Side,
  before: Before,
): ImageChange | undefined {
  if (was === undefined) {
    return newOr(before);
  }
  const fault = contextFault(image, now);
  if ('node' in was || fault !== undefined) {
    const old = 'node' in was ? faultsOf(was.node) : contextFault(was.image, before);
    return faultyChange(fault, old);
  }
  const oldFault = contextFault(was.image, before);
  if (oldFault !== undefined) {
    return faultyChange(undefined, oldFault);
  }
  const { definition } = image.rendered;
  const { definition: old } = was.image.rendered;
  const isCalledAlike =
    old.version === definition.version && old.repository === definition.repository;
  if (isCalledAlike && ownDigest(image, now) === ownDigest(was.image, before)) {
    return undefined;
  }
  const changes = changesBetween(ownParts(was.image, before), ownParts(image, now));
  // A digest of another recipe says nothing of the image.
  if (isCalledAlike && Object.keys(changes).length === 0) {
    return undefined;
  }
  const { reference, repository, version } = old;
  return { kind: 'changed', before: { reference, repository, version }, changes };
}

function newOr({ gap }: Before): ImageChange {
  return gap === undefined ? { kind: 'new' } : { kind: 'uncompared', reason: gap };
}

/** One that was broken by the same is the same. */
function brokenChange(
  node: BrokenNode,
  was: Old | undefined,
  before: Before,
): ImageChange | undefined {
  if (was === undefined) {
    return newOr(before);
  }
  const old = 'node' in was ? faultsOf(was.node) : contextFault(was.image, before);
  return faultyChange(faultsOf(node), old);
}

/** By what is wrong with it now, and was; undefined: nothing. */
function faultyChange(now: string | undefined, old: string | undefined): ImageChange | undefined {
  if (now === old) {
    return undefined;
  }
  const reason =
    now === undefined
      ? 'it was broken'
      : old === undefined
        ? 'it is broken, and was not'
        : 'it was broken by something else';
  return { kind: 'uncompared', reason };
}

function faultsOf({ image, cycle }: BrokenNode): string {
  return JSON.stringify([image.diagnostics.filter((one) => hasErrors([one])), cycle]);
}

/** What is wrong with the context of an image that is sound without it. */
function contextFault(image: ResolvedImage, { contexts }: Side): string | undefined {
  contexts.of(image);
  const faults = contexts.faults.get(image.reference);
  return faults && JSON.stringify([faults.filter((one) => hasErrors([one]))]);
}

/** The digest of all that an image is made of itself. */
function ownDigest(image: ResolvedImage, { contexts }: Side): Digest {
  const { computed } = image.rendered.definition;
  // It covers versions of parents too, as they are in references.
  return (
    computed?.digest ??
    contentDigest(image, contexts.of(image), new Map(image.parents.map((e) => [e.key, e.parent])))
  );
}

/**
 * Without digests of its parents: their references count. Of the context, what its Dockerfile takes: the digest of
 * docker-pkg's images covers control and changelog too.
 */
function ownParts(image: ResolvedImage, side: Side): DefinitionParts {
  const own = new Map([[image.reference, ownDigest(image, side)]]);
  const parts = definitionParts(image, side.contexts.of(image), own);
  if (parts === undefined) {
    throw new Error(`${image.reference} has a digest`);
  }
  const { files } = parts;
  const taken = files === undefined ? undefined : takenOf(image);
  return files === undefined || taken === undefined
    ? parts
    : { ...parts, files: new Map([...files].filter(([path]) => taken.takes(path))) };
}
