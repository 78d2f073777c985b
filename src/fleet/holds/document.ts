import type { HoldStop } from '#compiler/workspace/holdKeys.js';
import { fileLine } from '#core/diagnostics/diagnostic.js';
import type { HoldInForce } from './holdInForce.js';

/** A hold as documents have it. */
export interface HoldDocument {
  readonly stop: HoldStop;
  readonly reason: string;
  /** As written; absent: until it is removed. */
  readonly until?: string;
  /** `file:line`. */
  readonly place: string;
}

export function holdDocument({ stop, hold }: HoldInForce): HoldDocument {
  const { reason, until, place } = hold;
  return {
    stop,
    reason,
    ...(until === undefined ? {} : { until: until.text }),
    place: fileLine(place),
  };
}
