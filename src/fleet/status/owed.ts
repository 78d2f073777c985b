import type { ConfigCache } from '#adapters/registry/configCache.js';
import type { ImageConfig } from '#adapters/registry/imageConfig.js';
import { eachOf } from '#adapters/registry/pool.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { askState } from '#adapters/registry/state.js';
import { type ImageDefinition, latestModeOf } from '#compiler/definitions/definition.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { type Graph, inOrder } from '#compiler/resolve/graph.js';
import { withheld } from '#compiler/version/withheld.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { addTo } from '#core/data/groups.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import { type Held, heldImage, type MarkReading, readMark, versionOf } from '../holds/mark.js';
import type { Facts, Owed } from './facts.js';

/** What a computed version looks like; dpkg's order of such versions means nothing. */
const computedVersion = /^[0-9a-f]{12}(?:-|$)/;

/** Whether this program made an image, by its label. */
export function isOurs({ labels }: Pick<ImageConfig, 'labels'>): boolean {
  return Boolean(labels.get(definitionLabel));
}

/** How a version is to the one that a tag is at: by its number, or by when it was built. */
type Order = 'higher' | 'same' | 'lower' | 'newer' | 'as old' | 'older';

/** Whether the version of an image is computed, and so has no order. */
export function isUnordered(config: ImageConfig): boolean {
  return computedVersion.test(versionOf(config) ?? '');
}

/**
 * How a version is to the one that a tag is at. `created`: when it was built, where only times say which
 * is ahead.
 */
export function orderOf(
  version: string,
  standing: ImageConfig,
  unordered: { readonly created: string | undefined } | undefined,
): Order {
  const present = versionOf(standing);
  if (unordered !== undefined) {
    const ahead = timeOf(unordered.created) - timeOf(standing.created);
    return ahead > 0 ? 'newer' : ahead === 0 ? 'as old' : 'older';
  }
  const ahead = present === undefined ? 1 : compareVersions(version, present);
  return ahead > 0 ? 'higher' : ahead === 0 ? 'same' : 'lower';
}

/** Milliseconds since 1970; 0 where it cannot be read. */
function timeOf(created: string | undefined): number {
  return Date.parse(created ?? '') || 0;
}

/** The tags of a definition that any later run may put, `latest` first. */
export function lastingTags(definition: ImageDefinition): readonly string[] {
  const { extraTags, version, lastingTags: lasting } = definition;
  const further = lasting?.(version) ?? extraTags;
  return [
    ...(latestModeOf(definition) === 'auto' ? ['latest'] : []),
    ...further.filter((tag) => tag !== 'latest' && tag !== version),
  ];
}

interface OwedInput {
  readonly graph: Graph;
  readonly facts: ReadonlyMap<Reference, Facts>;
  readonly selected: ReadonlySet<Reference>;
  /** The trees whose tags are looked at. */
  readonly trees: ReadonlySet<Tree>;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly cache: ConfigCache;
  readonly signal: AbortSignal;
}

interface Question {
  readonly reference: Reference;
  readonly repository: Repository;
  /** Whether anything but `promote` may move its `latest`, and that may. */
  readonly isMoved: boolean;
  /** What may be owed tags; absent: it is not published, or not by this program. */
  readonly published?: Published;
}

interface Published {
  readonly definition: ImageDefinition;
  readonly digest: Digest;
  readonly config: ImageConfig;
}

/** What is asked about the tags of the selected images, by their references. */
export interface TagFacts {
  readonly owed: ReadonlyMap<Reference, Owed>;
  /** Images whose `latest` is held, published or not. */
  readonly held: ReadonlyMap<Reference, Held>;
}

/**
 * What the selected images that are published still lack, and whose `latest` is held, found by asking their
 * registries alone: a HEAD a tag, once their configurations are in the cache. An image of another program is
 * owed nothing, and a tag that is at one is left to it.
 */
export async function askTags(input: OwedInput): Promise<TagFacts> {
  const { facts, accesses, cache, signal } = input;
  const questions = new Map<RegistryAccess, Question[]>();
  const unshared = withheld(input.graph);
  for (const { reference, sound, broken } of inOrder(input.graph)) {
    const definition = sound?.rendered.definition;
    const { tree, repository } = definition ?? broken?.image ?? {};
    const latest = definition?.latest;
    const access = tree && accesses.get(tree);
    const state = facts.get(reference)?.registry;
    if (
      tree === undefined ||
      access === undefined ||
      repository === undefined ||
      !input.trees.has(tree) ||
      !input.selected.has(reference) ||
      unshared.has(reference) ||
      (state?.kind !== 'published' && state?.kind !== 'absent')
    ) {
      continue;
    }
    const isMoved = latestModeOf({ tree, ...(latest && { latest }) }) !== 'never';
    const published =
      definition !== undefined &&
      state.kind === 'published' &&
      state.config.known &&
      isOurs(state.config.value)
        ? { published: { definition, digest: state.digest, config: state.config.value } }
        : {};
    addTo(questions, access, { reference, repository, isMoved, ...published });
  }
  const owed = new Map<Reference, Owed>();
  const held = new Map<Reference, Held>();
  await Promise.all(
    [...questions].map(async ([access, group]) => {
      const registry = new Registry(access, { signal });
      try {
        await eachOf(group, access.workers, async (question) => {
          const { reference, repository, isMoved, published } = question;
          const mark = isMoved ? await readMark(registry, repository, 'glance') : free;
          if (mark.kind === 'held') {
            held.set(reference, await heldImage(registry, repository, mark.digest, cache));
          }
          const found = published && (await owedTo(registry, published, mark, cache));
          if (found && (found.tags.length > 0 || found.unread !== undefined || found.latestAt)) {
            owed.set(reference, found);
          }
        });
      } finally {
        registry.close();
      }
    }),
  );
  cache.save();
  return { owed, held };
}

const free = { kind: 'free' } as const;

async function owedTo(
  registry: Registry,
  { definition, digest, config }: Published,
  mark: MarkReading,
  cache: ConfigCache,
): Promise<Owed> {
  const { repository, version, computed } = definition;
  const tags: string[] = [];
  let unread: string | undefined;
  let latestAt: Held | undefined;
  for (const tag of lastingTags(definition)) {
    if (tag === 'latest' && mark.kind === 'held') {
      continue;
    }
    const standing = await askState(registry, repository, tag, { cache });
    if (standing.kind === 'unknown') {
      unread ??= `whether ${tag} is owed is not known: ${standing.reason}`;
      continue;
    }
    if (standing.kind === 'published') {
      const isThere = standing.digest === digest;
      if (isThere || !standing.config.known || !isOurs(standing.config.value)) {
        continue;
      }
      const timed = computed !== undefined || isUnordered(standing.config.value);
      const times = timed ? { created: config.created } : undefined;
      const order = orderOf(version, standing.config.value, times);
      if (order === 'lower' || order === 'older' || order === 'as old') {
        const present = versionOf(standing.config.value);
        if (tag === 'latest' && timed && present !== version) {
          latestAt = { digest: standing.digest, ...(present && { version: present }) };
        }
        continue;
      }
    }
    if (tag === 'latest' && mark.kind === 'unknown') {
      unread ??= `whether latest is held is not known: ${mark.reason}`;
      continue;
    }
    tags.push(tag);
  }
  return {
    tags,
    ...(unread === undefined ? {} : { unread }),
    ...(latestAt === undefined ? {} : { latestAt }),
  };
}
