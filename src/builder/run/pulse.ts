import { setTimeout as sleep } from 'node:timers/promises';
import { engineAnswers } from '#adapters/docker/detect.js';
import type { Builder } from './builders.js';

/** How long a builder may answer nothing while others do, in milliseconds. */
const longestSilence = 60_000;

/** In this time a builder is asked so many times. */
const asks = 6;

export interface Pulse {
  end(): void;
}

/**
 * Asks each of several builders again and again whether it answers: a daemon that is frozen, or behind a network that
 * swallows everything, would be waited for until a transfer takes too long, and a RUN for ever. Tells of one that has
 * answered nothing for `longestMs` (a minute at most) while another one did.
 */
export function takePulse(
  builders: readonly Builder[],
  longestMs: number,
  onSilent: (builder: number, reason: string) => void,
): Pulse {
  const stop = new AbortController();
  const patience = Math.min(longestSilence, longestMs);
  const heard = builders.map(() => performance.now());
  const watch = async ({ docker }: Builder, at: number): Promise<void> => {
    const pause = () =>
      sleep(patience / asks, undefined, { signal: stop.signal, ref: false }).catch(() => {});
    // They have just answered, and the first calls need the machine.
    await pause();
    while (!stop.signal.aborted && docker.gone?.aborted !== true) {
      if (await answers(builders[at], (2 * patience) / asks, stop.signal)) {
        heard[at] = performance.now();
      }
      const silent = performance.now() - (heard[at] ?? 0);
      const isAlone = !heard.some(
        (time, other) => other !== at && time > (heard[at] ?? 0) + patience / 2,
      );
      if (silent > patience && !isAlone && !stop.signal.aborted) {
        onSilent(at, `it has not answered for ${Math.round(silent / 1_000)} s`);
        return;
      }
      await pause();
    }
  };
  if (builders.length > 1) {
    for (const [at, builder] of builders.entries()) {
      void watch(builder, at);
    }
  }
  return { end: () => stop.abort() };
}

async function answers(
  builder: Builder | undefined,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<boolean> {
  const limit = new AbortController();
  const end = () => limit.abort();
  const timer = setTimeout(end, timeoutMs);
  stop.addEventListener('abort', end, { once: true });
  try {
    return builder !== undefined && (await engineAnswers(builder.docker, limit.signal));
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', end);
  }
}
