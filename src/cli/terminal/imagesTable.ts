import type { ImageRecord } from '#builder/report/record.js';
import { duration } from '#builder/report/time.js';
import { table } from './table.js';

/** Every image that a build touched, with `--info`: empty where nothing was to do. */
export function imagesTable(records: Iterable<ImageRecord>): string {
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
