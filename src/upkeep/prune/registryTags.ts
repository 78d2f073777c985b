import type { ConfigCache } from '#adapters/registry/configCache.js';
import { type Answer, answer } from '#adapters/registry/fault.js';
import { eachOf } from '#adapters/registry/pool.js';
import type { Registry } from '#adapters/registry/registry.js';
import { askState } from '#adapters/registry/state.js';
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
  const tags = await registry.tags(repository);
  if (!tags.ok) {
    return tags;
  }
  const { workers } = registry.access;
  return answer(
    await eachOf(tags.value, workers, async (tag): Promise<Tagged> => {
      const state = await askState(registry, repository, tag, cache);
      if (state.kind !== 'published') {
        return { tag };
      }
      const created = state.config.known ? timeOf(state.config.value.created) : undefined;
      return { tag, identity: state.digest, ...(created === undefined ? {} : { created }) };
    }),
  );
}

/** RFC 3339 as milliseconds; the zero time that some builders write says nothing. */
export function timeOf(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) || time <= 0 ? undefined : time;
}
