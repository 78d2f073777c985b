import { repositoryOf } from '#core/reference/reference.js';
import { type Durations, mergedDurations } from '../durations/durations.js';
import type { ImageRecord } from './record.js';

/**
 * What a run measured, for the next ones. `ended`: when that was. An image whose steps were all cached has
 * not been built.
 */
export function measuredIn(records: Iterable<ImageRecord>, ended: Date): Durations {
  const measured = new Map();
  for (const record of records) {
    const { reference, buildMs, verifyMs, publishMs, steps = 0, cachedSteps = 0, tested } = record;
    const isBuilt = buildMs !== undefined && !(steps > 0 && cachedSteps >= steps);
    const parts = {
      ...(isBuilt ? { build: whole(buildMs) } : {}),
      ...(tested === true && verifyMs !== undefined ? { test: whole(verifyMs) } : {}),
      ...(publishMs === undefined ? {} : { publish: whole(publishMs) }),
    };
    if (Object.keys(parts).length > 0) {
      measured.set(repositoryOf(reference), [{ ended: ended.toISOString(), ...parts }]);
    }
  }
  return mergedDurations(measured);
}

function whole(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds));
}
