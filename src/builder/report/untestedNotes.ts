import { addTo } from '#core/data/groups.js';
import { some } from '#core/text/some.js';
import type { ImageRecord } from './record.js';

/** So many names stand for a group. */
const mostNames = 10;

/** A line for each platform on which images were not tested, since the engine cannot run it. */
export function untestedNotes(
  records: readonly ImageRecord[],
  nameOf: (record: ImageRecord) => string,
): string[] {
  const groups = new Map<string, string[]>();
  for (const record of records) {
    for (const platform of record.untestedOn ?? []) {
      addTo(groups, platform, nameOf(record));
    }
  }
  return [...groups].map(
    ([platform, names]) =>
      `untested on ${platform}, which the engine does not run: ${some(names, mostNames)}`,
  );
}
