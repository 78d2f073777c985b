import type { Decision } from '#fleet/status/decide.js';
import type { Io } from './io.js';

/** Says of every image why it is not built although it was asked for; gives their number. */
export function reportStopped(decisions: readonly Decision[], io: Io): number {
  let stopped = 0;
  for (const { reference, action, state, why, hint } of decisions) {
    if (action === 'stop') {
      stopped++;
    }
    if (action !== 'stop' && state !== 'drifted') {
      continue;
    }
    const what = action === 'stop' ? 'not built' : 'drifted';
    io.say(`${reference}: ${what}: ${why}${hint === undefined ? '' : ` (${hint})`}`);
  }
  return stopped;
}
