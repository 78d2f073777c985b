import { addTo } from '#core/data/groups.js';
import { some } from '#core/text/some.js';
import type { ImageRecord } from './record.js';

/** So many names stand for a group. */
const mostNames = 10;

/** A line for each reason why tests were not run at all, and for each platform that the engine cannot run. */
export function untestedNotes(
  records: readonly ImageRecord[],
  nameOf: (record: ImageRecord) => string,
): string[] {
  const groups = new Map<string, string[]>();
  for (const record of records) {
    if (record.untested !== undefined) {
      addTo(groups, `untested, since ${record.untested}`, nameOf(record));
    }
    for (const platform of record.untestedOn ?? []) {
      addTo(groups, `untested on ${platform}, which the engine does not run`, nameOf(record));
    }
  }
  return [...groups].map(([what, names]) => `${what}: ${some(names, mostNames)}`);
}
