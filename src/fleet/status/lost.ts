import type { ConfigCache } from '#adapters/registry/configCache.js';
import type { Fault } from '#adapters/registry/fault.js';
import { eachOf } from '#adapters/registry/pool.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { askState } from '#adapters/registry/state.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import { withheld } from '#compiler/version/withheld.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { addTo } from '#core/data/groups.js';
import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import { heldTag, versionOf } from '../holds/mark.js';
import type { Earlier, Facts } from './facts.js';
import { isLaterVersion, newestBefore } from './laterVersion.js';
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

export interface Lost {
  /** Each with what says so. */
  readonly lost: ReadonlyMap<Reference, string>;
  /** Of those that are not lost, where the list of tags says so. */
  readonly earlier: ReadonlyMap<Reference, Earlier>;
  /** A warning for each registry that would not say: what it has lost would be built again. */
  readonly untold: readonly Diagnostic[];
  /** Of registries without lists of tags, for those who want to know. */
  readonly unlisted: readonly string[];
}

/** What a registry did instead of telling what it has. */
interface Silence {
  readonly reference: Reference;
  readonly reason: string;
  readonly hint?: string;
  /** It has no lists of tags: nothing is wrong with it. */
  readonly usual: boolean;
}

/** What of a version is left in a registry. */
interface Trace {
  readonly found?: string;
  /** What comes before it; absent: the tags are not known. */
  readonly earlier?: Earlier;
  /** Why there may be more. */
  readonly silence?: Omit<Silence, 'reference'>;
}

/**
 * The versions that registries say they do not have, and that must have been there, each with what
 * says so: an earlier run on this machine saw it, or the registry lists its tag, or `latest` is this version or one that
 * comes after it, or the repository has a version that comes after it. A registry that has no lists of tags
 * says nothing; of one that refuses them or fails, that is told.
 */
export async function askLost(input: LostInput): Promise<Lost> {
  const { graph, facts, wanted, dated, accesses, record, cache, signal } = input;
  const lost = new Map<Reference, string>();
  const earlier = new Map<Reference, Earlier>();
  const silences = new Map<string, Silence[]>();
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
          const { reference } = question.definition;
          const { found, silence, earlier: before } = await traceOf(registry, question, cache);
          if (before !== undefined && found === undefined) {
            earlier.set(reference, before);
          }
          if (found === undefined && silence !== undefined) {
            addTo(silences, access.host, { reference, ...silence });
          }
          // Another machine may have published it while this one asked.
          if (
            found !== undefined &&
            (await askState(registry, repository, version, { cache })).kind === 'absent'
          ) {
            lost.set(reference, found);
          }
        });
      } finally {
        registry.close();
      }
    }),
  );
  cache.save();
  const told = [...silences].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    lost,
    earlier,
    untold: told.flatMap(([host, all]) => {
      const [first, ...others] = all.filter(({ usual }) => !usual);
      return first === undefined ? [] : [untoldOf(host, first, others.length)];
    }),
    unlisted: told.flatMap(([host, all]) => {
      const first = all.find(({ usual }) => usual);
      return first === undefined
        ? []
        : [`${host} does not list its tags, so less is known of lost versions: ${first.reason}`];
    }),
  };
}

function untoldOf(host: string, { reference, reason, hint }: Silence, others: number): Diagnostic {
  const more = others === 0 ? '' : others === 1 ? ' and 1 other' : ` and ${others} others`;
  return warning(
    'registry',
    `whether ${host} has lost ${reference}${more} cannot be told: ${reason}`,
    hint === undefined ? {} : { hint },
  );
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
): Promise<Trace> {
  const { repository, version, tree } = definition;
  const listed = await registry.tags(repository);
  const silence = listed.ok ? undefined : unlistedBy(registry, listed.fault);
  const nothing: Trace = {
    ...(silence === undefined ? {} : { silence }),
    ...(listed.ok ? { earlier: earlierOf(listed.value, { definition, ordered }) } : {}),
  };
  const tags = listed.ok ? listed.value : [];
  if (tags.includes(version)) {
    return { found: 'the registry lists its tag, and has no image under it' };
  }
  const own = new Set([...definition.extraTags, ...(definition.lastingTags?.(version) ?? [])]);
  const words = [tree.config.updateId];
  const isLater = (tag: string) => ordered && !own.has(tag) && isLaterVersion(tag, version, words);
  const highest = tags.filter(isLater).sort(compareVersions).at(-1);
  if (highest !== undefined) {
    return { found: `the registry has ${highest}, which comes after it` };
  }
  if (listed.ok && !tags.includes('latest')) {
    return nothing;
  }
  const latest = await askState(registry, repository, 'latest', { cache });
  if (latest.kind === 'unknown' && (silence === undefined || silence.usual)) {
    const hint = latest.hint === undefined ? {} : { hint: latest.hint };
    return { silence: { reason: `its latest: ${latest.reason}`, ...hint, usual: false } };
  }
  if (latest.kind !== 'published' || !latest.config.known || !isOurs(latest.config.value)) {
    return nothing;
  }
  const present = versionOf(latest.config.value);
  if (present === version) {
    return { found: `latest is this version (${latest.digest})` };
  }
  return present !== undefined && isLater(present)
    ? { found: `latest is ${present}, which comes after it` }
    : nothing;
}

function earlierOf(tags: readonly string[], { definition, ordered }: Question): Earlier {
  const { version, tree } = definition;
  const words = [tree.config.updateId];
  const own = new Set([...definition.extraTags, ...(definition.lastingTags?.(version) ?? [])]);
  const others = tags.filter((tag) => !own.has(tag));
  const newest = ordered ? newestBefore(others, version, words) : undefined;
  if (newest !== undefined) {
    return { kind: 'some', newest };
  }
  // Signatures have tags of their own.
  const isOther = (tag: string): boolean =>
    tag !== 'latest' && tag !== heldTag && !tag.startsWith('sha256-');
  return others.some(isOther) ? { kind: 'some' } : { kind: 'none' };
}

/** 404 and 405 of the registry itself are how one answers that has no lists of tags. */
function unlistedBy(registry: Registry, fault: Fault): Omit<Silence, 'reference'> {
  const { reason, hint } = registry.explain(fault);
  const usual =
    fault.at === undefined &&
    (fault.kind === 'absent' ||
      (fault.kind === 'malformed' && (fault.status === 404 || fault.status === 405)));
  return {
    reason: `its list of tags: ${reason}`,
    ...(hint === undefined ? {} : { hint }),
    usual,
  };
}
