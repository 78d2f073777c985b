import type { TableReader } from '#formats/settings/tableReader.js';

/**
 * Who moves `latest`: `auto`, the build that publishes a version; `manual`, `promote` alone; `never`,
 * nobody.
 */
const latestModes = ['auto', 'manual', 'never'] as const;
export type LatestMode = (typeof latestModes)[number];

/** What a workspace file, one of its trees, or `generate-bake` of a configuration says of publishing. */
export interface PublishKeys {
  readonly latest?: LatestMode;
}

export function readPublishKeys(table: TableReader): PublishKeys {
  const latest = table.choice('latest', latestModes);
  return latest === undefined ? {} : { latest };
}
