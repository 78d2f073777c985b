import { addressOf } from '#adapters/registry/address.js';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { PullThrough } from '#core/reference/pullThrough.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import type { BrokenImage } from '../definitions/broken.js';
import { type ImageDefinition, privacyOf } from '../definitions/definition.js';
import { type Graph, type GraphNode, inOrder, withBroken } from '../resolve/graph.js';
import { registryNamesOf } from '../resolve/registryNames.js';
import type { Tree } from '../workspace/tree.js';

/** Why an image is private. */
type Privacy =
  /** A file says so there, of the image or of its tree. */
  | { readonly kind: 'said'; readonly place: Place }
  /** Its definition cannot be read, and images of its tree may be private. */
  | { readonly kind: 'unreadable' }
  /** It is built on one that is, or takes files of it. */
  | { readonly kind: 'inherited'; readonly from: Reference; readonly place: Place };

/**
 * The graph with the images in it that are private: those of which a file says so, and all that are
 * built on them. What would publish one elsewhere than in `private_registries` is broken, and so is an image
 * that is said not to be private and is built on one that is.
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
      publicOnPrivate(definition, privacy, found) ?? outside(definition, privacy, found);
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
  for (const node of nodes) {
    const own = ownPrivacy(node);
    if (own !== undefined) {
      found.set(node.reference, own);
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

/** Where images of the trees may be read under another name. */
function mirrorsOf(nodes: readonly GraphNode[]): readonly PullThrough[] {
  const trees = new Set(
    nodes.map(({ sound, broken }) => sound?.rendered.definition.tree ?? broken?.image.tree),
  );
  return [...trees].flatMap((tree) => tree?.config.pullThrough ?? []);
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

/** A reference without its tag and digest. */
function repositoryOf(reference: string): string {
  const name = reference.replace(/@.*$/s, '');
  return name.replace(/:[^:/]*$/, '');
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
    default:
      return `${from}, which is private`;
  }
}

function rootOf(
  { from }: Extract<Privacy, { kind: 'inherited' }>,
  found: ReadonlyMap<Reference, Privacy>,
): Reference {
  const above = found.get(from);
  return above?.kind === 'inherited' ? rootOf(above, found) : from;
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
  const { name, tree, place } = definition;
  if (tree.config.registry === '' || allows(tree, pushedTo(definition))) {
    return undefined;
  }
  const target = pushedTo(definition);
  const why =
    privacy.kind === 'inherited' ? `is built on ${reasonOf(privacy, found)}` : 'is private';
  const message = `${name} ${why}, and would be published as ${target}, which is not in private_registries`;
  const namespace = target.slice(0, target.lastIndexOf('/'));
  return error('private-registry', message, {
    place: privacy.kind === 'said' ? privacy.place : place,
    hint: `set registry or namespace to one for private images, or add private_registries = [${JSON.stringify(namespace)}]`,
    related:
      privacy.kind === 'inherited'
        ? [{ message: 'it is built on it here', place: privacy.place }, ...sayingOf(privacy, found)]
        : [],
  });
}

/** The repository that an image is pushed to. */
function pushedTo({ repository, tree: { config } }: ImageDefinition): string {
  const { registry, pushRegistry } = config;
  return pushRegistry === undefined ? repository : pushRegistry + repository.slice(registry.length);
}

/** Whether a repository is one of `private_registries`, or below it, under whatever name of the registry. */
function allows({ config }: Tree, repository: string): boolean {
  const canonical = (name: string): string => {
    const address = addressOf(config.registryNames?.canonical(name) ?? name);
    return address === undefined ? '' : `${address.host}/${address.name}`;
  };
  const wanted = canonical(repository);
  return (config.privateRegistries ?? []).some(({ value }) => {
    const inside = canonical(`${value}/x`).slice(0, -1);
    return inside !== '' && (wanted.startsWith(inside) || `${wanted}/` === inside);
  });
}
