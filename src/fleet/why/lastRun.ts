import type { Reason } from '../reasons/reason.js';
import type { RunReport } from '../reports/readRun.js';
import type { Decision } from '../status/decide.js';

/** The decisions with what reports say: which images failed in the last run that tried them. */
export function withLastRun(
  decisions: readonly Decision[],
  runs: readonly RunReport[],
): readonly Decision[] {
  return decisions.map((decision) => {
    const failure = lastFailure(decision.reference, runs);
    return failure === undefined
      ? decision
      : { ...decision, reasons: [...(decision.reasons ?? []), failure] };
  });
}

/** @param runs the newest first */
function lastFailure(reference: string, runs: readonly RunReport[]): Reason | undefined {
  for (const { ended, images } of runs) {
    const image = images.get(reference);
    if (image === undefined || image.ending === 'untouched' || image.ending === 'unfinished') {
      continue;
    }
    const { ending, during, reason = 'it failed' } = image;
    return ending === 'failed'
      ? {
          kind: 'failed-last-time',
          ended,
          ...(during === undefined ? {} : { during }),
          problem: reason,
        }
      : undefined;
  }
  return undefined;
}
