import { addressOf } from '#adapters/registry/address.js';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { PullThrough } from '#core/reference/pullThrough.js';
import { repositoryOf } from '#core/reference/reference.js';
import { noNames, type RegistryNames } from '#core/reference/registryNames.js';
import type { BrokenImage } from '../definitions/broken.js';
import { type ImageDefinition, privacyOf } from '../definitions/definition.js';
import {
  type Graph,
  type GraphNode,
  inOrder,
  type ResolvedImage,
  withBroken,
} from '../resolve/graph.js';
import { registryNamesOf } from '../resolve/registryNames.js';
import type { Tree } from '../workspace/tree.js';

/** Why an image is private. */
type Privacy =
  /** A file says so there, of the image or of its tree. */
  | { readonly kind: 'said'; readonly place: Place }
  /** Its definition cannot be read, and images of its tree may be private. */
  | { readonly kind: 'unreadable' }
  /** It is built on one that is, or takes files of it. */
  | { readonly kind: 'inherited'; readonly from: Reference; readonly place: Place }
  /** The same with one that is among private images, and that no tree defines: nobody says what it is. */
  | {
      readonly kind: 'undefined';
      readonly from: string;
      /** The entry of `private_registries`. */
      readonly within: string;
      readonly place: Place;
    };

/**
 * The graph with the images in it that are private: those of which a file says so, and all that are
 * built on them, or on what `private_registries` have and no tree defines. What would publish one elsewhere
 * than in `private_registries` is broken, and so is an image that is said not to be private and is built on
 * one that is.
 */
export function withPrivacy(graph: Graph): Graph {
  const nodes = inOrder(graph);
  const found = privateOnes(nodes, registryNamesOf(graph));
  if (found.size === 0) {
    return graph;
  }
  const faults = new Map<Reference, readonly Diagnostic[]>();
  for (const { reference, sound } of nodes) {
    const privacy = found.get(reference);
    if (sound === undefined || privacy === undefined) {
      continue;
    }
    const { definition } = sound.rendered;
    const fault =
      privacy.kind === 'undefined'
        ? onUndefined(definition, privacy)
        : (publicOnPrivate(definition, privacy, found) ?? outside(definition, privacy, found));
    if (fault !== undefined) {
      faults.set(reference, [fault]);
    }
  }
  return withBroken({ ...graph, privates: new Set(found.keys()) }, faults);
}

/** Whether an image is private. */
export function isPrivate({ privates }: Pick<Graph, 'privates'>, reference: Reference): boolean {
  return privates?.has(reference) ?? false;
}

function privateOnes(
  nodes: readonly GraphNode[],
  names: RegistryNames,
): ReadonlyMap<Reference, Privacy> {
  const found = new Map<Reference, Privacy>();
  const mirrors = mirrorsOf(nodes);
  const undefinedOf = undefinedAmong(nodes, names, mirrors);
  for (const node of nodes) {
    const own = ownPrivacy(node);
    if (own !== undefined) {
      found.set(node.reference, own);
    }
  }
  for (const { reference, sound } of nodes) {
    const outsider = sound === undefined || found.has(reference) ? undefined : undefinedOf(sound);
    if (outsider !== undefined) {
      found.set(reference, outsider);
    }
  }
  if (found.size === 0) {
    return found;
  }
  // Another version of a private image is no link, and may be named by an image that comes before it.
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    const repositories = new Map<string, Reference>();
    for (const each of found.keys()) {
      const repository = repositoryOf(each);
      const mirrored = mirrors.flatMap((mirror) => mirror.read(repository) ?? []);
      for (const name of [repository, ...mirrored]) {
        repositories.set(names.canonical(name), each);
      }
    }
    for (const { reference, parents, sound } of nodes) {
      if (found.has(reference)) {
        continue;
      }
      const edge = parents.find(({ parent }) => found.has(parent));
      if (edge !== undefined) {
        found.set(reference, { kind: 'inherited', from: edge.parent, place: edge.place });
        continue;
      }
      for (const { written, place } of sound?.externals ?? []) {
        const from = repositories.get(names.canonical(repositoryOf(written)));
        if (from !== undefined) {
          found.set(reference, { kind: 'inherited', from, place });
          break;
        }
      }
    }
  }
  return found;
}

/**
 * What an image takes of `private_registries` that no tree defines: an embargoed image, perhaps, whose
 * definition was removed or has another name now.
 */
function undefinedAmong(
  nodes: readonly GraphNode[],
  names: RegistryNames,
  pullThrough: readonly PullThrough[],
): (image: ResolvedImage) => Privacy | undefined {
  const registries = new Set(
    treesOf(nodes).flatMap(({ config }) =>
      (config.privateRegistries ?? []).map(({ value }) => value),
    ),
  );
  if (registries.size === 0) {
    return () => undefined;
  }
  const defined = new Set(nodes.map(({ reference }) => names.canonical(repositoryOf(reference))));
  const mirrors = pullThrough
    .flatMap((each) => each.mirrors)
    .sort((a, b) => b.at.length - a.at.length);
  // What is read through a mirror is what is behind it.
  const behind = (repository: string): string => {
    const read = names.canonical(repository);
    const mirror = mirrors.find(({ at }) => read.startsWith(`${names.canonical(at)}/`));
    return mirror === undefined
      ? read
      : names.canonical(mirror.of + read.slice(names.canonical(mirror.at).length));
  };
  return ({ rendered: { definition }, externals }) => {
    const { tree } = definition;
    const said = (definition.private ?? tree.config.private)?.value;
    if (said === false && staysInside(definition)) {
      return undefined;
    }
    for (const { written, place } of externals) {
      const repository = behind(repositoryOf(written));
      const within = defined.has(repository)
        ? undefined
        : placeAmong([...registries], names, repository);
      if (within !== undefined) {
        return { kind: 'undefined', from: written, within, place };
      }
    }
    return undefined;
  };
}

/** Where images of the trees may be read under another name. */
function mirrorsOf(nodes: readonly GraphNode[]): readonly PullThrough[] {
  return treesOf(nodes).flatMap(({ config }) => config.pullThrough ?? []);
}

function treesOf(nodes: readonly GraphNode[]): readonly Tree[] {
  const trees = nodes.flatMap(
    ({ sound, broken }) => sound?.rendered.definition.tree ?? broken?.image.tree ?? [],
  );
  return [...new Set(trees)];
}

function ownPrivacy({ sound, broken }: GraphNode): Privacy | undefined {
  const known = sound?.rendered.definition ?? broken?.image.definition;
  const written = known === undefined ? broken?.image.private : privacyOf(known);
  if (written !== undefined) {
    return written.value ? { kind: 'said', place: written.place } : undefined;
  }
  if (known !== undefined || broken === undefined) {
    return undefined;
  }
  return unreadPrivacy(broken.image);
}

/** What is not known of an image whose files cannot be read is taken for private where anything may be. */
function unreadPrivacy({ tree }: BrokenImage): Privacy | undefined {
  const said = tree.config.private;
  if (said?.value === true) {
    return { kind: 'said', place: said.place };
  }
  return (tree.config.privateRegistries ?? []).length > 0 ? { kind: 'unreadable' } : undefined;
}

/** It would be published where anybody reads it, and is built on what is perhaps nobody's to read. */
function onUndefined(
  definition: ImageDefinition,
  { from, within, place }: Extract<Privacy, { kind: 'undefined' }>,
): Diagnostic | undefined {
  if (staysInside(definition)) {
    return undefined;
  }
  return error(
    'private-parent',
    `${definition.name} is not private and is built on ${from}, which no tree defines and which is in ${within} of private_registries`,
    {
      place,
      hint: `do not build on ${from}; or set private = true, and ${publishingInside(definition.tree)}`,
    },
  );
}

function publicOnPrivate(
  definition: ImageDefinition,
  privacy: Privacy,
  found: ReadonlyMap<Reference, Privacy>,
): Diagnostic | undefined {
  // What is said of a tree is about images that nothing else is known of.
  const said = definition.private ?? definition.tree.config.private;
  if (privacy.kind !== 'inherited' || said?.value !== false) {
    return undefined;
  }
  const { name } = definition;
  return error(
    'private-parent',
    `${name} is not private and is built on ${reasonOf(privacy, found)}`,
    {
      place: said.place,
      hint: `remove private = false: what is built on a private image is private`,
      related: [
        { message: 'it is built on it here', place: privacy.place },
        ...sayingOf(privacy, found),
      ],
    },
  );
}

/** `secret:1, which is private`; through which image where another one says so. */
function reasonOf(
  { from }: Extract<Privacy, { kind: 'inherited' }>,
  found: ReadonlyMap<Reference, Privacy>,
): string {
  const above = found.get(from);
  switch (above?.kind) {
    case 'unreadable':
      return `${from}, which is broken: whether it is private cannot be known`;
    case 'inherited':
      return `${from}, which is private as it is built on ${rootOf(above, found)}`;
    case 'undefined':
      return `${from}, which is private as it is built on ${above.from}`;
    default:
      return `${from}, which is private`;
  }
}

/** A loop and no recursion: a chain of thousands of images would not fit on the stack. */
function rootOf(
  { from }: Extract<Privacy, { kind: 'inherited' }>,
  found: ReadonlyMap<Reference, Privacy>,
): Reference {
  let root = from;
  for (let above = found.get(root); above?.kind === 'inherited'; above = found.get(root)) {
    root = above.from;
  }
  return root;
}

function sayingOf(privacy: Privacy, found: ReadonlyMap<Reference, Privacy>): Related[] {
  if (privacy.kind !== 'inherited') {
    return [];
  }
  const root = found.get(rootOf(privacy, found));
  return root?.kind === 'said' ? [{ message: 'it is private by this', place: root.place }] : [];
}

interface Related {
  readonly message: string;
  readonly place: Place;
}

/** What is published elsewhere than private images may be; what is never published may be anywhere. */
function outside(
  definition: ImageDefinition,
  privacy: Privacy,
  found: ReadonlyMap<Reference, Privacy>,
): Diagnostic | undefined {
  const { name, tree } = definition;
  if (privacy.kind === 'unreadable' || staysInside(definition)) {
    return undefined;
  }
  const target = pushedTo(definition);
  const why =
    privacy.kind === 'inherited' ? `is built on ${reasonOf(privacy, found)}` : 'is private';
  const message = `${name} ${why}, and would be published as ${target}, which is not in private_registries`;
  const otherwise =
    privacy.kind === 'said' ? 'remove private = true' : `do not build on ${privacy.from}`;
  return error('private-registry', message, {
    place: privacy.place,
    hint: `${publishingInside(tree)}, or ${otherwise}`,
    related: sayingOf(privacy, found),
  });
}

/** What to do with an image so that it is published where private ones may be. */
function publishingInside({ config }: Tree): string {
  const all = (config.privateRegistries ?? []).map(({ value }) => value);
  const shown = all.slice(0, 3).join(', ') + (all.length > 3 ? ', …' : '');
  return all.length === 0
    ? 'name the place for private images in private_registries and publish it there (registry, namespace)'
    : `publish it to one of private_registries (${shown}) by its registry and namespace`;
}

/** Whether it is published where private images may be, or nowhere. */
function staysInside(definition: ImageDefinition): boolean {
  const { tree } = definition;
  return tree.config.registry === '' || allows(tree, pushedTo(definition));
}

/** The repository that an image is pushed to. */
function pushedTo({ repository, tree: { config } }: ImageDefinition): string {
  const { registry, pushRegistry } = config;
  return pushRegistry === undefined ? repository : pushRegistry + repository.slice(registry.length);
}

/** Whether a repository is one of `private_registries`, or below it, under whatever name of the registry. */
export function allows({ config }: Tree, repository: string): boolean {
  const registries = (config.privateRegistries ?? []).map(({ value }) => value);
  return placeAmong(registries, config.registryNames ?? noNames, repository) !== undefined;
}

/** The one of `registries` that a repository is, or is below. */
function placeAmong(
  registries: readonly string[],
  names: RegistryNames,
  repository: string,
): string | undefined {
  const canonical = (name: string): string => {
    const address = addressOf(names.canonical(name));
    return address === undefined ? '' : `${address.host}/${address.name}`;
  };
  const wanted = canonical(repository);
  return registries.find((registry) => {
    const inside = canonical(`${registry}/x`).slice(0, -1);
    return inside !== '' && (wanted.startsWith(inside) || `${wanted}/` === inside);
  });
}
