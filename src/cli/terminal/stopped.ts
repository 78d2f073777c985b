import type { Decision } from '#fleet/status/decide.js';
import type { Io } from './io.js';

/** How many images are not built for a definition that is broken: their own, or one they need. */
export function brokenCount(decisions: readonly Decision[]): number {
  return decisions.filter(({ action }) => action === 'fail' || action === 'blocked').length;
}

/**
 * Says of every image why it is not built although it was asked for; gives the number of those of
 * which nobody knows whether they should be.
 */
export function reportStopped(decisions: readonly Decision[], io: Io): number {
  let stopped = 0;
  for (const { reference, action, state, why, hint, broken } of decisions) {
    if (action === 'stop') {
      stopped++;
    }
    const isUsed = broken !== undefined && (action === 'skip' || action === 'use');
    const isLeft = action === 'stop' || action === 'blocked';
    if (!isLeft && !isUsed && state !== 'drifted') {
      continue;
    }
    const what = isLeft ? 'not built' : isUsed ? 'left alone' : 'drifted';
    io.say(`${reference}: ${what}: ${why}${hint === undefined ? '' : ` (${hint})`}`);
  }
  return stopped;
}
