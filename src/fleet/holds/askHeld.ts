import type { ConfigCache } from '#adapters/registry/configCache.js';
import { eachOf } from '#adapters/registry/pool.js';
import { readTag } from '#adapters/registry/publish.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { addTo } from '#core/data/groups.js';
import type { Repository } from '#core/reference/brands.js';
import { type Held, heldImage, readMark } from './mark.js';

/** A repository, and how its registry is reached. */
export interface AskedRepository {
  readonly repository: Repository;
  readonly access: RegistryAccess;
  /** The version that the trees have; absent: it is not computed, and not asked about. */
  readonly version?: string;
}

export interface HeldRepositories {
  /** What `latest` is held at; those that are not held are not among them. */
  readonly held: ReadonlyMap<Repository, Held>;
  /** Those that do not have the version of the trees, as the registry says explicitly. */
  readonly unpublished: ReadonlySet<Repository>;
  /** Of how many nobody knows, and why of the first. */
  readonly unknown: { readonly count: number; readonly reason: string };
}

/** For somebody who can go on without an answer: a registry that is not there costs seconds. */
const patience = { attempts: 2, requestMs: 10_000, totalMs: 60_000, lostInARow: 4 } as const;

/**
 * Whose `latest` is held, and whose version is not published, as their registries say now: a HEAD a
 * repository where there is no mark, and one for a version that is there.
 */
export async function askHeld(
  repositories: readonly AskedRepository[],
  { cache, signal }: { readonly cache: ConfigCache; readonly signal: AbortSignal },
): Promise<HeldRepositories> {
  const held = new Map<Repository, Held>();
  const unpublished = new Set<Repository>();
  const groups = new Map<RegistryAccess, AskedRepository[]>();
  const distinct = new Map(repositories.map((asked) => [asked.repository, asked]));
  for (const asked of distinct.values()) {
    addTo(groups, asked.access, asked);
  }
  let count = 0;
  let reason = '';
  await Promise.all(
    [...groups].map(async ([access, group]) => {
      const registry = new Registry(access, { signal, patience });
      try {
        await eachOf(group, access.workers, async ({ repository, version }) => {
          const mark = await readMark(registry, repository, 'glance');
          if (mark.kind === 'held') {
            held.set(repository, await heldImage(registry, repository, mark.digest, cache));
          } else if (mark.kind === 'unknown') {
            count++;
            reason ||= mark.reason;
          } else if (version !== undefined && (await isAbsent(registry, repository, version))) {
            unpublished.add(repository);
          }
        });
      } finally {
        registry.close();
      }
    }),
  );
  cache.save();
  return { held, unpublished, unknown: { count, reason } };
}

/** A bare 404 may come from anything on the way; that a version is not there the registry has to say. */
async function isAbsent(registry: Registry, repository: Repository, version: string) {
  const glance = await registry.glance(repository, version);
  return glance === 'none' && (await readTag(registry, repository, version)).kind === 'absent';
}
