import type { ConfigCache } from '#adapters/registry/configCache.js';
import { eachOf } from '#adapters/registry/pool.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { addTo } from '#core/data/groups.js';
import type { Repository } from '#core/reference/brands.js';
import { type Held, heldImage, readMark } from './mark.js';

/** A repository, and how its registry is reached. */
export interface AskedRepository {
  readonly repository: Repository;
  readonly access: RegistryAccess;
}

export interface HeldRepositories {
  /** What `latest` is held at; those that are not held are not among them. */
  readonly held: ReadonlyMap<Repository, Held>;
  /** Of how many nobody knows, and why of the first. */
  readonly unknown: { readonly count: number; readonly reason: string };
}

/** For somebody who can go on without an answer: a registry that is not there costs seconds. */
const patience = { attempts: 2, requestMs: 10_000, totalMs: 60_000, lostInARow: 4 } as const;

/** Whose `latest` is held, as their registries say now: a HEAD a repository where there is no mark. */
export async function askHeld(
  repositories: readonly AskedRepository[],
  { cache, signal }: { readonly cache: ConfigCache; readonly signal: AbortSignal },
): Promise<HeldRepositories> {
  const held = new Map<Repository, Held>();
  const groups = new Map<RegistryAccess, Repository[]>();
  for (const { repository, access } of repositories) {
    addTo(groups, access, repository);
  }
  let count = 0;
  let reason = '';
  await Promise.all(
    [...groups].map(async ([access, group]) => {
      const registry = new Registry(access, { signal, patience });
      try {
        await eachOf([...new Set(group)], access.workers, async (repository) => {
          const mark = await readMark(registry, repository, 'glance');
          if (mark.kind === 'held') {
            held.set(repository, await heldImage(registry, repository, mark.digest, cache));
          } else if (mark.kind === 'unknown') {
            count++;
            reason ||= mark.reason;
          }
        });
      } finally {
        registry.close();
      }
    }),
  );
  cache.save();
  return { held, unknown: { count, reason } };
}
