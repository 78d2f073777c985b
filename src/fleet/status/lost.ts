import type { ConfigCache } from '#adapters/registry/configCache.js';
import { eachOf } from '#adapters/registry/pool.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { askState } from '#adapters/registry/state.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import { withheld } from '#compiler/version/withheld.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { addTo } from '#core/data/groups.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import { versionOf } from '../holds/mark.js';
import type { Facts } from './facts.js';
import { isLaterVersion } from './laterVersion.js';
import { isOurs } from './owed.js';
import type { PublishedRecord } from './publishedRecord.js';

interface LostInput {
  readonly graph: Graph;
  readonly facts: ReadonlyMap<Reference, Facts>;
  /** The images that would be built, or published, if nothing were lost. */
  readonly wanted: ReadonlySet<Reference>;
  /** Images whose version is of today (`--nightly`, `--snapshot`): it is in no order with others. */
  readonly dated: ReadonlySet<Reference>;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly record: PublishedRecord;
  readonly cache: ConfigCache;
  readonly signal: AbortSignal;
}

/** What is not answered within this time, in milliseconds, says nothing. */
const longest = 300_000;

interface Question {
  readonly definition: ImageDefinition;
  /** Whether versions of the repository that come after this one say something of it. */
  readonly ordered: boolean;
}

/**
 * The versions that registries say they do not have, and that must have been there, each with what
 * says so: an earlier run on this machine saw it, or the registry lists its tag, or `latest` is this version or one that
 * comes after it, or the repository has a version that comes after it. A registry that does not list its tags
 * says nothing.
 */
export async function askLost(input: LostInput): Promise<ReadonlyMap<Reference, string>> {
  const { graph, facts, wanted, dated, accesses, record, cache, signal } = input;
  const lost = new Map<Reference, string>();
  const questions = new Map<RegistryAccess, Question[]>();
  const names = registryNamesOf(graph);
  const shared = sharedRepositories(graph);
  const unshared = withheld(graph);
  for (const { reference, rendered } of graph.images) {
    const { definition } = rendered;
    const access = accesses.get(definition.tree);
    const state = facts.get(reference)?.registry;
    const isAsked = access !== undefined && state?.kind === 'absent' && wanted.has(reference);
    if (!isAsked || unshared.has(reference)) {
      continue;
    }
    const seen = record.get(names.canonical(reference));
    if (seen === undefined) {
      const isAlone = !shared.has(definition.repository);
      const ordered = isAlone && definition.computed === undefined && !dated.has(reference);
      addTo(questions, access, { definition, ordered });
    } else {
      lost.set(reference, `this machine saw it in the registry on ${seen.day} as ${seen.digest}`);
    }
  }
  await Promise.all(
    [...questions].map(async ([access, group]) => {
      const registry = new Registry(access, { signal, patience: { totalMs: longest } });
      try {
        await eachOf(group, access.workers, async (question) => {
          const { repository, version } = question.definition;
          const found = await traceOf(registry, question, cache);
          // Another machine may have published it while this one asked.
          if (
            found !== undefined &&
            (await askState(registry, repository, version, cache)).kind === 'absent'
          ) {
            lost.set(question.definition.reference, found);
          }
        });
      } finally {
        registry.close();
      }
    }),
  );
  cache.save();
  return lost;
}

/** The repositories that several definitions publish to: what one publishes says nothing of the others. */
function sharedRepositories({ images, broken }: Graph): ReadonlySet<Repository> {
  const once = new Set<Repository>();
  const shared = new Set<Repository>();
  const repositories = [
    ...images.map(({ rendered }) => rendered.definition.repository),
    ...broken.flatMap(({ image }) => image.repository ?? []),
  ];
  for (const repository of repositories) {
    (once.has(repository) ? shared : once).add(repository);
  }
  return shared;
}

/** What a repository has that says that the version was there. */
async function traceOf(
  registry: Registry,
  { definition, ordered }: Question,
  cache: ConfigCache,
): Promise<string | undefined> {
  const { repository, version, tree } = definition;
  const listed = await registry.tags(repository);
  const tags = listed.ok ? listed.value : [];
  if (tags.includes(version)) {
    return 'the registry lists its tag, and has no image under it';
  }
  const own = new Set([...definition.extraTags, ...(definition.lastingTags?.(version) ?? [])]);
  const words = [tree.config.updateId];
  const isLater = (tag: string) => ordered && !own.has(tag) && isLaterVersion(tag, version, words);
  const highest = tags.filter(isLater).sort(compareVersions).at(-1);
  if (highest !== undefined) {
    return `the registry has ${highest}, which comes after it`;
  }
  if (listed.ok && !tags.includes('latest')) {
    return undefined;
  }
  const latest = await askState(registry, repository, 'latest', cache);
  if (latest.kind !== 'published' || !latest.config.known || !isOurs(latest.config.value)) {
    return undefined;
  }
  const present = versionOf(latest.config.value);
  if (present === version) {
    return `latest is this version (${latest.digest})`;
  }
  return present !== undefined && isLater(present)
    ? `latest is ${present}, which comes after it`
    : undefined;
}
