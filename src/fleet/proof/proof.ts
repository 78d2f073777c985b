import type { EdgeKind, Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
import { type PackageChange, type PackageSet, packageChanges } from '../contents/packages.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Outdated, Update } from '../outdated/outdated.js';
import { instead } from '../outdated/recipeText.js';
import type { PublishedImage } from './published.js';

/** What a run that published did to the packages of images, and what is left. */
export interface Proof {
  /** Those that it published, in the order of the report. */
  readonly images: readonly ProvenImage[];
  /** Of each root that images stand on: those of which more than one generation is in use come first. */
  readonly roots: readonly Root[];
}

export interface ProvenImage extends PublishedImage {
  /** What differs from the version before; absent: there was none, or it was not read. */
  readonly packages?: readonly PackageChange[];
  /** Why nobody knows what differs, or what is outdated. */
  readonly unknown?: string;
  readonly outdated: readonly StillOutdated[];
}

/** A package that has a newer version all the same. */
interface StillOutdated {
  readonly name: string;
  readonly architecture: string;
  readonly installed: string;
  /** Absent: a pin keeps what is newer back. */
  readonly candidate?: string;
  /** A clause. */
  readonly because: string;
  /** The base from outside the trees that it comes from. */
  readonly notOurs?: string;
}

/** An image that others start from, and that starts from nothing, or one from outside the trees. */
export interface Root {
  readonly reference: string;
  readonly isOurs: boolean;
  readonly generations: readonly Generation[];
}

/** Images whose lowest layer is the same. */
interface Generation {
  readonly layer: Digest;
  /** Of the root, where it is known which version has this layer. */
  readonly version?: string;
  /** Parents first. */
  readonly images: readonly Reference[];
}

/** An image that was read. */
export interface Seen {
  readonly inventory: Inventory;
  /** Lowest first. */
  readonly layers: readonly Digest[];
}

export interface ProofInput {
  readonly graph: Graph;
  readonly published: readonly PublishedImage[];
  /** By digest: those before and after; a clause where one could not be read. */
  readonly seen: ReadonlyMap<Digest, Seen | string>;
  /** What is published now of the images of the trees, by reference. */
  readonly current: ReadonlyMap<Reference, Seen>;
  readonly outdated: Outdated;
}

/** The proof of a run, from what was read before and after. Pure. */
export function proofOf(input: ProofInput): Proof {
  return {
    images: input.published.map((image) => provenImage(image, input)),
    roots: rootsOf(input),
  };
}

function provenImage(image: PublishedImage, input: ProofInput): ProvenImage {
  const { graph, seen, outdated } = input;
  const after = seen.get(image.digest);
  const before = image.before && seen.get(image.before.digest);
  const wrong = [after, before].find((one) => typeof one === 'string');
  const current = currentOf(graph, image.repository);
  const verdict = outdated.images.find(({ reference }) => reference === current);
  const isCurrent = current === image.reference;
  const unknown =
    wrong ?? (isCurrent ? verdict?.reason : `the trees have ${current ?? 'no such image'} by now`);
  const isRead = typeof after === 'object' && typeof before === 'object';
  return {
    ...image,
    ...(isRead
      ? { packages: packageChanges(setOf(before.inventory), setOf(after.inventory)) }
      : {}),
    ...(unknown === undefined ? {} : { unknown }),
    outdated: isCurrent && current !== undefined ? stillOutdated(current, input) : [],
  };
}

/** The reference of the definition that publishes to a repository. */
function currentOf(graph: Graph, repository: Repository): Reference | undefined {
  return graph.images.find(({ rendered }) => rendered.definition.repository === repository)
    ?.reference;
}

function stillOutdated(reference: Reference, input: ProofInput): StillOutdated[] {
  const { images, updates } = input.outdated;
  const verdict = images.find((each) => each.reference === reference);
  const pinned = (verdict?.pinned ?? []).map(
    ({ name, architecture, installed }): StillOutdated => ({
      name,
      architecture,
      installed,
      because: 'a pin keeps a newer version back',
    }),
  );
  const others = updates
    .filter((update) => update.images.includes(reference))
    .map((update): StillOutdated => {
      const { name, architecture, installed, candidate, enters } = update;
      return {
        name,
        architecture,
        installed,
        candidate,
        because: becauseOf(reference, update, input),
        ...(enters.isOutside ? { notOurs: enters.reference } : {}),
      };
    });
  return [...others, ...pinned];
}

function becauseOf(
  reference: Reference,
  { name, architecture, installed, candidate, isHeld, enters, recipe }: Update,
  { graph, current }: ProofInput,
): string {
  const { newerIn, isOutside, isBroken } = enters;
  if (isHeld) {
    return 'dpkg holds it';
  }
  if (newerIn !== undefined) {
    return `${newerIn} has it already, and ${enters.reference} was not built on that`;
  }
  if (isOutside) {
    return `it comes from ${enters.reference}, which no tree defines`;
  }
  if (isBroken) {
    return `it comes from ${enters.reference}, whose definition is broken`;
  }
  if (enters.reference !== reference) {
    return `it comes from ${enters.reference}, which has it in this version`;
  }
  if (recipe?.kind === 'behind') {
    return `the mirror of its recipe is behind: ${instead(recipe, candidate)}`;
  }
  const copied = copiedFrom(graph.byReference.get(reference));
  const isSame = (each: Inventory['packages'][number]) =>
    each.name === name && each.architecture === architecture && each.version === installed;
  const holder = copied.find((each) =>
    current.get(each as Reference)?.inventory.packages.some(isSame),
  );
  if (holder !== undefined) {
    return `it copies files from ${holder}, which has it in this version`;
  }
  const files =
    copied.length === 0 ? 'a file that was copied' : `what it copies from ${copied.join(' and ')}`;
  const mirror =
    recipe?.kind === 'unknown'
      ? `the mirrors of its recipe, of which nobody knows whether they have it (${recipe.reason})`
      : 'a mirror that is behind';
  return `the build did not bring it: look for a pin, ${files}, or ${mirror}`;
}

/** The images that an image copies files from, of the trees and from outside, as their references. */
function copiedFrom(image: ResolvedImage | undefined): readonly string[] {
  const isCopy = ({ kind }: { readonly kind: EdgeKind }) => kind === 'copy';
  const own = image?.parents.filter(isCopy).map(({ parent }) => parent) ?? [];
  const outside = image?.externals.filter(isCopy).map(({ written }) => written) ?? [];
  return [...new Set([...own, ...outside])];
}

function setOf({ packages, other }: Inventory): PackageSet {
  return {
    packages: new Map(packages.map((each) => [`${each.name}:${each.architecture}`, each])),
    unread: other,
  };
}

function rootsOf({ graph, published, seen, current }: ProofInput): Root[] {
  const roots = new Map<string, { isOurs: boolean; layers: Map<Digest, Reference[]> }>();
  for (const { reference } of graph.images) {
    const layer = current.get(reference)?.layers[0];
    const root = rootOf(graph, reference);
    if (layer === undefined || root === undefined) {
      continue;
    }
    const known = roots.get(root.reference) ?? { isOurs: root.isOurs, layers: new Map() };
    roots.set(root.reference, known);
    known.layers.set(layer, [...(known.layers.get(layer) ?? []), reference]);
  }
  const versions = versionsOfLayers(published, seen);
  const all = [...roots].map(([reference, { isOurs, layers }]): Root => {
    const own = current.get(reference as Reference)?.layers[0];
    const ownVersion = reference.slice(reference.lastIndexOf(':') + 1);
    const generations = [...layers].map(([layer, images]): Generation => {
      const version = isOurs ? (layer === own ? ownVersion : versions.get(layer)) : undefined;
      return { layer, ...(version === undefined ? {} : { version }), images };
    });
    return { reference, isOurs, generations };
  });
  return all.sort((a, b) => b.generations.length - a.generations.length);
}

/** What the last stages of an image go down to; undefined where that is not known. */
function rootOf(
  graph: Graph,
  reference: Reference,
): { readonly reference: string; readonly isOurs: boolean } | undefined {
  const seen = new Set<string>();
  for (let at: string = reference; !seen.has(at); ) {
    seen.add(at);
    const image = graph.byReference.get(at as Reference);
    if (image === undefined) {
      return at === reference ? undefined : { reference: at, isOurs: false };
    }
    if (image.base === 'scratch') {
      return { reference: at, isOurs: true };
    }
    at = image.base;
  }
  return undefined;
}

/** The versions that are known to begin with a layer, of what was published and of what was there before. */
function versionsOfLayers(
  published: readonly PublishedImage[],
  seen: ReadonlyMap<Digest, Seen | string>,
): ReadonlyMap<Digest, string> {
  const versions = new Map<Digest, string>();
  for (const { reference, digest, before } of published) {
    for (const [at, version] of [
      [digest, reference.slice(reference.lastIndexOf(':') + 1)],
      [before?.digest, before?.version],
    ] as const) {
      const found = at === undefined ? undefined : seen.get(at);
      // Only a root has one layer alone that all others begin with.
      const layers = typeof found === 'object' ? found.layers : [];
      if (layers.length === 1 && layers[0] !== undefined && version !== undefined) {
        versions.set(layers[0], version);
      }
    }
  }
  return versions;
}
