import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { toRfc3339 } from '#formats/debian/date.js';
import { changelogDate, dayStamp, momentOf } from '#upkeep/versioning/clock.js';

test('SOURCE_DATE_EPOCH stands for the present, in UTC', () => {
  const now = new Date('2026-08-16T22:00:34.900Z');
  assert.deepEqual(momentOf({ SOURCE_DATE_EPOCH: '86399' }, now), { seconds: 86399, offset: 0 });
  for (const bad of ['x', '-1', '1.5', '253402300800']) {
    assert.equal(momentOf({ SOURCE_DATE_EPOCH: bad }, now), undefined, bad);
  }
  for (const env of [{}, { SOURCE_DATE_EPOCH: '' }]) {
    const moment = momentOf(env, now);
    assert.equal(moment?.seconds, Date.parse('2026-08-16T22:00:34Z') / 1000);
    assert.equal(moment?.offset, -now.getTimezoneOffset());
  }
});

test('dates are shown in the time zone of the moment', () => {
  const seconds = Date.parse('2026-08-31T22:03:04Z') / 1000;
  const shown = (offset: number) => [
    changelogDate({ seconds, offset }),
    dayStamp({ seconds, offset }),
  ];
  assert.deepEqual(shown(0), ['Mon, 31 Aug 2026 22:03:04 +0000', '20260831']);
  assert.deepEqual(shown(120), ['Tue,  1 Sep 2026 00:03:04 +0200', '20260901']);
  assert.deepEqual(shown(-210), ['Mon, 31 Aug 2026 18:33:04 -0330', '20260831']);
});

test('date(1) writes the same in the C locale, and the reader reads it back', () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
  for (const second of fc.sample(seconds, { numRuns: 8, seed: 3 })) {
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'XXX-05:30' };
    const expected = execFileSync('date', ['-d', `@${second}`, '+%a, %e %b %Y %H:%M:%S %z'], {
      env,
      encoding: 'utf8',
    }).trimEnd();
    const date = changelogDate({ seconds: second, offset: 330 });
    assert.equal(date, expected);
    assert.equal(Date.parse(toRfc3339(date) ?? ''), second * 1000);
  }
});
