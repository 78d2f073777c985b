import type { ImageRecord } from '#builder/report/record.js';
import { duration } from '#builder/report/time.js';
import { shownNames } from './shownNames.js';
import { type Column, table } from './table.js';

/** Every image that a build touched, with `--info`: empty where nothing was to do. */
export function imagesTable(records: Iterable<ImageRecord>, width?: number): string {
  const touched = [...records].filter((record) => record.ending !== 'untouched');
  if (touched.length === 0) {
    return '';
  }
  const { short, heading } = shownNames(
    touched.map(({ reference }) => reference),
    width,
  );
  const rows = touched.map((record) => [
    short(record.reference),
    (record.staged === undefined ? endings[record.ending] : 'staged') +
      (record.during === undefined ? '' : ` (${record.during})`),
    record.buildMs === undefined ? '-' : duration(record.buildMs),
    testCell(record),
    record.ending === 'published'
      ? (record.digest ?? '-')
      : (record.staged ?? short(record.reason ?? record.why)),
  ]);
  return heading + table(columns, rows, width);
}

const columns: readonly Column[] = [
  { head: 'IMAGE', wraps: true },
  { head: 'RESULT' },
  { head: 'BUILD', leaves: 2 },
  { head: 'TEST', leaves: 1 },
  { head: 'DETAIL', least: 16 },
];

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
  if (!record.tested) {
    return record.untested === undefined ? 'none' : 'not run';
  }
  const { untestedOn } = record;
  return untestedOn === undefined ? 'passed' : `passed, not on ${untestedOn.join(', ')}`;
}
