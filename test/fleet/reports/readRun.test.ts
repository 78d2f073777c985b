import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastDuration, readRun } from '#fleet/reports/readRun.js';
import { scratchTree } from '../../support/scratch.js';

const tree = scratchTree();

function read(report: unknown) {
  const text = typeof report === 'string' ? report : JSON.stringify(report);
  tree.write({ 'report.json': text });
  return readRun(tree.at('report.json'), 'report.json');
}

const run = { schema: 1, ended: '2026-11-26T03:00:00Z', images: [] };

test('a report of a run: the commit, how images ended, and how long they took', () => {
  const images = [
    { reference: 'r/a:1', ending: 'published', buildMs: 1000, verifyMs: 200, publishMs: 30 },
    { reference: 'r/b:1', ending: 'failed', during: 'verify', reason: 'it fails', buildMs: 5 },
    // Only tested and published: how long it takes to build is not known.
    { reference: 'r/c:1', ending: 'published', verifyMs: 200 },
    { reference: 'r/d:1', ending: 'untouched' },
  ];
  const reading = read({ ...run, images, revision: { commit: 'abc', uncommitted: true } });
  assert.deepEqual(reading, {
    kind: 'read',
    run: {
      ended: '2026-11-26T03:00:00Z',
      commit: 'abc',
      images: new Map([
        ['r/a:1', { ending: 'published', milliseconds: 1230 }],
        ['r/b:1', { ending: 'failed', reason: 'it fails', during: 'verify', milliseconds: 5 }],
        ['r/c:1', { ending: 'published' }],
        ['r/d:1', { ending: 'untouched' }],
      ]),
    },
  });
  const runs = reading.kind === 'read' ? [reading.run] : assert.fail();
  const times = ['r/a:1', 'r/a:2', 'r/c:1', 'r/other/a:1'].map((each) => lastDuration(each, runs));
  assert.deepEqual(times, [1230, 1230, undefined, undefined]);
});

test('what is no report is refused with the file and what to do', () => {
  for (const [report, message] of [
    ['{', 'not a report: it is not JSON'],
    [[], 'not a report of schema 1'],
    [{ ...run, schema: 2 }, 'not a report of schema 1'],
    [{ ...run, images: undefined }, 'not a report of schema 1'],
    [{ ...run, images: [{}] }, 'the report is damaged: an image has no reference'],
  ] as const) {
    const reading = read(report);
    assert.ok(reading.kind === 'wrong');
    assert.equal(reading.problem.message, message);
    assert.deepEqual(reading.problem.place, { file: 'report.json' });
    assert.equal(reading.problem.hint, 'name the file that build --report wrote');
  }
  const missing = readRun(tree.at('none.json'), 'none.json');
  assert.ok(missing.kind === 'wrong' && missing.problem.message.startsWith('the report '));
});
