import type { Docker } from '#adapters/docker/docker.js';
import type { ListingCache } from '#adapters/layers/listingCache.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { Registry, RegistryAccess } from '#adapters/registry/registry.js';
import { type Graph, type GraphNode, inOrder } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import type { OpenedImage, OpeningFailure, Progress } from '../contents/openedImage.js';
import { openLocal } from '../contents/openLocal.js';
import { openPublished } from '../contents/openPublished.js';
import { OpenedRegistries } from '../openedRegistries.js';
import type { Facts } from '../status/facts.js';
import type { Inventory } from './inventory.js';
import { type InventorySource, readInventories } from './readInventories.js';

/** Which images of a definition are looked at: that of its version, what `latest` is at, or all that are published. */
export type Looked =
  | { readonly kind: 'current' | 'latest' }
  /** @property since those that were made before this moment are left out, in milliseconds since 1970 */
  | { readonly kind: 'all-tags'; readonly since?: number };

export interface InventoryRequest {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
  /** What registries have of the selected images; of the others the engine is asked. */
  readonly facts: ReadonlyMap<Reference, Facts>;
  readonly looked: Looked;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly docker: Docker;
  readonly platform: { readonly name: string; readonly isRequired: boolean };
  readonly cache: ListingCache;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What an image has, or why nobody knows. */
export interface ImageInventory {
  /** Of the definition. */
  readonly reference: Reference;
  /** What it is published as, or local as: `REPOSITORY:TAG`. */
  readonly shown: string;
  /** Further tags at the same image. */
  readonly alsoTagged: readonly string[];
  readonly found:
    | { readonly kind: 'read'; readonly image: OpenedImage; readonly inventory: Inventory }
    /** Neither published nor local, or not for the platform: then there is a reason. */
    | ({ readonly kind: 'absent'; readonly reason?: string } & Pick<
        OpeningFailure,
        'hint' | 'lacks' | 'isEngine'
      >)
    | { readonly kind: 'failed'; readonly failure: OpeningFailure };
}

/** Reads the inventories of the selected images, parents first; of several tags of one, the newest first. */
export async function askInventories(
  request: InventoryRequest,
): Promise<readonly ImageInventory[]> {
  const registries = new OpenedRegistries(request);
  try {
    const nodes = inOrder(request.graph).filter(({ reference }) => request.selected.has(reference));
    const lists = await eachOf(nodes, 8, (node) => wantedOf(node, request, registries));
    const wanted = lists.flat();
    const sources = wanted.flatMap(({ source }, key): InventorySource<number>[] =>
      source === undefined ? [] : [{ key, ...source }],
    );
    const readings = await readInventories(sources, request.cache);
    const found = wanted.flatMap(({ reference, shown, failure }, key): ImageInventory[] => {
      const reading = readings.get(key);
      const about = { reference, shown, alsoTagged: [] };
      if (failure !== undefined) {
        return [{ ...about, found: { kind: 'failed', failure } }];
      }
      if (reading === undefined) {
        return [{ ...about, found: { kind: 'absent' } }];
      }
      return reading.kind === 'left-out' ? [] : [{ ...about, found: withAbsent(reading) }];
    });
    return tagsTogether(found);
  } finally {
    registries.close();
  }
}

/** An image to look at; without a source and a failure it is not there. */
interface Wanted {
  readonly reference: Reference;
  readonly shown: string;
  readonly source?: Omit<InventorySource<never>, 'key'>;
  readonly failure?: OpeningFailure;
}

async function wantedOf(
  node: GraphNode,
  request: InventoryRequest,
  registries: OpenedRegistries,
): Promise<Wanted[]> {
  const { reference } = node;
  const { repository, tree } = node.sound?.rendered.definition ?? node.broken?.image ?? {};
  if (repository === undefined || tree === undefined) {
    return [];
  }
  const registry = registries.of(tree);
  const { looked, platform, progress } = request;
  const published = (tag: string, at: string = tag): Wanted => ({
    reference,
    shown: `${repository}:${tag}`,
    ...(registry === undefined
      ? {}
      : {
          source: {
            open: () =>
              openPublished({
                registry,
                repository,
                reference: at,
                shown: `${repository}:${tag}`,
                platform,
                progress,
              }),
            ...(looked.kind === 'all-tags' && looked.since !== undefined
              ? { isWanted: madeSince(looked.since) }
              : {}),
          },
        }),
  });
  switch (looked.kind) {
    case 'current':
      return [currentOf(reference, request, (digest) => published(tagOf(reference), digest))];
    case 'latest':
      return [published('latest')];
    case 'all-tags':
      return registry === undefined
        ? [published('*')]
        : await everyTag({ reference, repository, registry }, published);
  }
}

function currentOf(
  reference: Reference,
  { graph, facts, docker, progress, signal }: InventoryRequest,
  published: (digest: string) => Wanted,
): Wanted {
  const { registry } = facts.get(reference) ?? {};
  if (registry?.kind === 'published') {
    return published(registry.digest);
  }
  const about = { reference, shown: reference };
  if (registry?.kind === 'unknown') {
    const { reason, hint } = registry;
    const rest = hint === undefined ? {} : { hint };
    return { ...about, failure: { kind: 'unknown', reason, ...rest } };
  }
  const names = registryNamesOf(graph).all(reference);
  const isUnpublished = registry?.kind === 'absent';
  return {
    ...about,
    source: {
      open: async () => {
        const image = await openLocal({ docker, names, progress, signal });
        // It is said that the engine cannot be asked: on many machines there is none.
        return isUnpublished && 'reason' in image && image.isEngine === true
          ? { ...image, kind: 'absent' }
          : image;
      },
    },
  };
}

function tagOf(reference: Reference): string {
  return reference.slice(reference.lastIndexOf(':') + 1);
}

async function everyTag(
  {
    reference,
    repository,
    registry,
  }: {
    readonly reference: Reference;
    readonly repository: Repository;
    readonly registry: Registry;
  },
  published: (tag: string) => Wanted,
): Promise<Wanted[]> {
  const tags = await registry.tags(repository);
  if (!tags.ok) {
    const failure: OpeningFailure = { kind: 'unknown', ...registry.explain(tags.fault) };
    return [{ reference, shown: `${repository}:*`, failure }];
  }
  return tags.value.length === 0
    ? [{ reference, shown: `${repository}:*` }]
    : [...tags.value].sort(newestFirst).map((tag) => published(tag));
}

/** Versions before words such as `latest`. */
function newestFirst(a: string, b: string): number {
  const isWord = (tag: string) => (/^\d/.test(tag) ? 0 : 1);
  return isWord(a) - isWord(b) || compareVersions(b, a);
}

/** Reproducible builds write 0001, 1970 or (zip's first day, as buildpacks do) 1980: the last moment of these. */
const noTime = Date.UTC(1980, 0, 2);

/** One that does not say when it was made may be young. */
function madeSince(since: number): (image: OpenedImage) => boolean {
  return ({ settings: { created } }) => {
    const made = created === undefined ? Number.NaN : Date.parse(created);
    return Number.isNaN(made) || made < noTime || made >= since;
  };
}

/** A tag that went away, or an image of another platform, is an image that is not there. */
function withAbsent(
  found: Exclude<ImageInventory['found'], { kind: 'absent' }>,
): ImageInventory['found'] {
  return found.kind === 'failed' && found.failure.kind === 'absent'
    ? { ...found.failure, kind: 'absent' }
    : found;
}

/** Tags of a definition that are at one image become one row, under the first of them. */
function tagsTogether(all: readonly ImageInventory[]): readonly ImageInventory[] {
  const rows = new Map<string, ImageInventory>();
  for (const each of all) {
    const digest = each.found.kind === 'read' ? each.found.image.digest : undefined;
    const key = `${each.reference} ${digest ?? each.shown}`;
    const known = rows.get(key);
    rows.set(
      key,
      known === undefined
        ? each
        : { ...known, alsoTagged: [...known.alsoTagged, tagOf(each.shown as Reference)] },
    );
  }
  return [...rows.values()];
}
