import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { logLines, readLogs } from '#builder/report/page/logs.js';
import { readReport } from '#builder/report/page/readReport.js';
import type { Table } from '#fleet/reports/openReport.js';
import { madeReport } from '../../../support/page/report.js';
import { temporaryDirectory } from '../../../support/temporary.js';

const textOf = (data: string | undefined): string =>
  gunzipSync(Buffer.from(data ?? '', 'base64')).toString('utf8');

/** The logs of a run of images that are called after where their logs are. */
function logsOf(paths: readonly string[], directory: string, moved = false) {
  const images = paths.map((log) => ({ reference: `${log}:1`, log }));
  const reading = readReport(madeReport(images) as Table, 'report.json');
  assert.ok(reading.kind === 'read');
  return [...readLogs(reading.report, { directory, moved }).values()];
}

test('a log is in the page as a whole, without colours, and with its controls as escapes', (t) => {
  const directory = temporaryDirectory(t);
  const log = join(directory, 'a.log');
  writeFileSync(
    log,
    Buffer.from('one\n\u001b[31mred\u001b[0m \u0000\u2028\n10%\r20%\r\n\xff', 'latin1'),
  );
  const [found] = logsOf([log], directory);
  assert.equal(found?.whole, true);
  const lines = textOf(found?.data).split('\n');
  assert.deepEqual([lines[0], lines[2], lines[3]], ['one', '20%', '\ufffd']);
  assert.deepEqual(logLines(Buffer.from('a\u001b[1;31mb\u0000\u2028\u202e\u001b]0;x\u0007\n')), [
    'ab\\x00\\u2028\\u202e\\x1b]0;x\\x07',
  ]);
});

test('of a log that does not fit the last 200 lines are in the page', (t) => {
  const directory = temporaryDirectory(t);
  const log = join(directory, 'a.log');
  // More than is compressed as a whole, most of it a hole.
  writeFileSync(log, '');
  truncateSync(log, 65 * 1024 * 1024);
  const lines = Array.from({ length: 300 }, (_, line) => `line ${line}`);
  appendFileSync(log, `\n${lines.join('\n')}\n`);
  const [found] = logsOf([log], directory);
  assert.equal(found?.whole, false);
  assert.deepEqual(textOf(found?.data).split('\n'), lines.slice(-200));
});

test('nothing is read that is not a file below the directory of logs', (t) => {
  const directory = temporaryDirectory(t);
  const outside = join(temporaryDirectory(t), 'secret.log');
  writeFileSync(outside, 'secret');
  mkdirSync(join(directory, 'folder.log'));
  symlinkSync(outside, join(directory, 'link.log'));
  execFileSync('mkfifo', [join(directory, 'pipe.log')]);
  const names = ['folder.log', 'link.log', 'pipe.log', 'none.log'];
  const paths = [
    outside,
    '/etc/passwd',
    directory,
    `${directory}/../x`,
    ...names.map((name) => join(directory, name)),
  ];
  for (const log of logsOf(paths, directory)) {
    assert.deepEqual([log.data, log.absent], [undefined, true], log.path);
  }
});

test('logs of another machine are found by tree and name', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'tree'));
  writeFileSync(join(directory, 'tree', 'a.log'), 'moved\n');
  const [found, other] = logsOf(['/ci/work/logs/tree/a.log', '/../..'], directory, true);
  assert.equal(textOf(found?.data), 'moved');
  assert.equal(other?.absent, true);
});
