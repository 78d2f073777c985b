import { relative } from 'node:path';
import type { ImageRecord } from '#builder/report/record.js';
import { duration } from '#builder/report/time.js';
import { table } from './table.js';

/**
 * The table that closes a build: every image that the run touched, then one line of counts. Empty
 * where nothing was to do.
 */
export function summaryTable(records: Iterable<ImageRecord>): string {
  const touched = [...records].filter((record) => record.ending !== 'untouched');
  if (touched.length === 0) {
    return '';
  }
  const rows = touched.map((record) => [
    record.reference as string,
    endings[record.ending] + (record.during === undefined ? '' : ` (${record.during})`),
    record.buildMs === undefined ? '-' : duration(record.buildMs),
    testCell(record),
    record.ending === 'published' ? (record.digest ?? '-') : (record.reason ?? record.why),
  ]);
  return table([['IMAGE', 'RESULT', 'BUILD', 'TEST', 'DETAIL'], ...rows]);
}

const endings: Record<ImageRecord['ending'], string> = {
  untouched: 'untouched',
  built: 'built',
  published: 'published',
  failed: 'FAILED',
  skipped: 'skipped',
  unfinished: 'not finished',
};

function testCell(record: ImageRecord): string {
  if (record.during === 'verify') {
    return 'failed';
  }
  if (record.tested === undefined) {
    return '-';
  }
  return record.tested ? 'passed' : 'none';
}

/** Where to read on: a line for each of the first images that failed and have a log. */
export function logsOfFailed(records: Iterable<ImageRecord>, directory: string): string[] {
  const failed = [...records].filter(({ ending, log }) => ending === 'failed' && log !== undefined);
  const lines = failed
    .slice(0, mostLogs)
    .map(({ reference, log = '' }) => `log of ${reference}: ${relative(directory, log)}`);
  const more = failed.length - lines.length;
  return more === 0 ? lines : [...lines, `and logs of ${more} more beside them`];
}

const mostLogs = 10;

/**
 * `57 published, 12 skipped, 3 failed`: every ending that occurs, worst last. `stopped` images were
 * not even begun, since their registry could not be asked.
 */
export function summaryCounts(records: Iterable<ImageRecord>, stopped = 0): string {
  const counts = new Map<ImageRecord['ending'], number>();
  for (const { ending } of records) {
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  const order = ['published', 'built', 'unfinished', 'skipped', 'failed'] as const;
  const parts = order.flatMap((ending) => {
    const number = counts.get(ending) ?? 0;
    return number === 0 ? [] : [`${number} ${endings[ending].toLowerCase()}`];
  });
  if (stopped > 0) {
    parts.push(`${stopped} not built`);
  }
  return parts.length === 0 ? 'nothing to do' : parts.join(', ');
}
