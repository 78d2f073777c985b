import { cacheFaults } from '#adapters/docker/cacheSteps.js';
import type { BuildStep } from '#adapters/docker/step.js';
import type { Listener } from '../report/event.js';

/** Tells of caches that cannot be used: once for each registry, since every image has a cache. */
export class CacheWarnings {
  readonly #listen: Listener;
  readonly #told = new Set<string>();

  constructor(listen: Listener) {
    this.#listen = listen;
  }

  tell(steps: readonly BuildStep[]): void {
    for (const { kind, ref, reason } of cacheFaults(steps)) {
      const key = `${kind} ${ref?.split('/')[0] ?? ''}`;
      if (this.#told.has(key)) {
        continue;
      }
      this.#told.add(key);
      const what = ref === undefined ? 'a cache cannot be' : `the cache ${ref} cannot be`;
      this.#listen({ kind: 'warning', message: `${what} ${kind}: ${reason}` });
    }
  }
}
