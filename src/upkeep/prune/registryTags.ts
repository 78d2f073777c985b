import type { ConfigCache } from '#adapters/registry/configCache.js';
import { type Answer, answer } from '#adapters/registry/fault.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { Registry } from '#adapters/registry/registry.js';
import { askState } from '#adapters/registry/state.js';
import { groupBy } from '#core/data/groups.js';
import type { Repository } from '#core/reference/brands.js';
import type { Tagged } from './judge.js';

/**
 * Every tag of a repository with what it names and when that was made. The list itself must be
 * read to its end; a tag that cannot be read is there without its identity.
 */
export async function readTags(
  registry: Registry,
  repository: Repository,
  cache?: ConfigCache,
): Promise<Answer<readonly Tagged[]>> {
  const [read] = await readAllTags(registry, [repository], cache);
  return read ?? answer([]);
}

/** The same of many repositories of one registry, in their order, `scan_workers` questions at a time. */
export async function readAllTags(
  registry: Registry,
  repositories: readonly Repository[],
  cache?: ConfigCache,
): Promise<readonly Answer<readonly Tagged[]>[]> {
  const { workers } = registry.access;
  const lists = await eachOf(repositories, workers, (repository) => registry.tags(repository));
  // All tags together: many repositories have few each.
  const names = lists.flatMap((list, at) =>
    list.ok ? list.value.map((tag) => ({ at, repository: repositories[at], tag })) : [],
  );
  const tagged = await eachOf(names, workers, async ({ at, repository, tag }) => ({
    at,
    tag: repository === undefined ? { tag } : await readTag(registry, repository, tag, cache),
  }));
  const byList = groupBy(tagged, ({ at }) => at);
  return lists.map((list, at) =>
    list.ok ? answer((byList.get(at) ?? []).map(({ tag }) => tag)) : list,
  );
}

async function readTag(
  registry: Registry,
  repository: Repository,
  tag: string,
  cache: ConfigCache | undefined,
): Promise<Tagged> {
  const state = await askState(registry, repository, tag, { cache });
  if (state.kind !== 'published') {
    return { tag };
  }
  const created = state.config.known ? timeOf(state.config.value.created) : undefined;
  return { tag, identity: state.digest, ...(created === undefined ? {} : { created }) };
}

/** RFC 3339 as milliseconds; the zero time that some builders write says nothing. */
export function timeOf(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) || time <= 0 ? undefined : time;
}
