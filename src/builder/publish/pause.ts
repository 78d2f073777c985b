import { setTimeout as sleep } from 'node:timers/promises';
import type { Reference } from '#core/reference/brands.js';
import type { Listener } from '../report/event.js';

/** The shortest wait, in milliseconds, that is told. */
const toldMs = 5_000;

/**
 * Waits before a push is tried again, twice as long each time and a minute at most, and tells it where that takes long.
 * What it gives is how long it was, in milliseconds.
 */
export function pausing(
  reference: Reference,
  { listen, signal }: { readonly listen: Listener; readonly signal: AbortSignal },
): (attempt: number, reason: string) => Promise<number> {
  return async (attempt, reason) => {
    const usual = Math.min(60_000, 1_000 * 2 ** attempt);
    const milliseconds = Math.round(usual * (0.5 + Math.random() / 2));
    if (milliseconds >= toldMs) {
      const seconds = Math.ceil(milliseconds / 1000);
      listen({ kind: 'warning', message: `${reference}: ${reason}; waiting ${seconds} s` });
    }
    await sleep(milliseconds, undefined, { signal }).catch(() => {});
    return milliseconds;
  };
}
