/** What a dry run says, on a terminal and in a pipe. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Forecast } from '#builder/report/forecast.js';
import { forecastText } from '#cli/terminal/forecastText.js';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';

const none: Forecast = {
  built: [],
  finished: [],
  latest: 0,
  latestHeld: [],
  tagged: [],
  stopped: [],
  kept: [],
  settled: [],
  unpublished: new Map(),
};

function decision(name: string, more: Partial<Decision> = {}): Decision {
  return {
    reference: `r.example/ns/${name}` as Reference,
    state: 'absent',
    action: 'build',
    why: 'not in the registry',
    reasons: [],
    parents: [],
    ...more,
  };
}

const plain = { bases: [], rootfs: [], forced: false };

function lines(forecast: Partial<Forecast>, width?: number, more = {}): string[] {
  const references = ['r.example/ns/a:1', 'r.example/ns/b:1'];
  const text = forecastText({ ...none, ...forecast }, { ...plain, ...more }, { references, width });
  return text.split('\n').slice(0, -1);
}

test('what would happen, in its order; whole in a pipe', () => {
  const forecast = {
    built: [{ isLocal: false, decisions: [decision('a:1'), decision('app/long:1.2-3')] }],
    finished: [decision('b:1', { action: 'finish', why: 'built, not yet published' })],
    latest: 3,
    tagged: [decision('t:1', { action: 'skip', owed: ['latest', '1.x'] })],
    stopped: [decision('h:1', { action: 'held', why: 'held: audit (ws.toml:7)' })],
    kept: [decision('d:1', { action: 'skip', state: 'drifted', why: 'changed' })],
    settled: [decision('s:1', { state: 'published' }), decision('l:1', { state: 'local' })],
    unpublished: new Map([['no credentials for r.example', 1]]),
  };
  const more = { bases: ['debian:13'], rootfs: ['images/bookworm'] };
  assert.deepEqual(lines(forecast, undefined, more), [
    'Would make 1 root file system: images/bookworm',
    'Would pull 1 base: debian:13',
    'Would build, test and publish 2 images:',
    '  r.example/ns/a:1             not in the registry',
    '  r.example/ns/app/long:1.2-3  not in the registry',
    'Would test and publish 1 image built already:',
    '  r.example/ns/b:1  built, not yet published',
    'Would move latest to 3 of them, unless it is at a higher version',
    'Would put missing tags on 1 published image:',
    '  r.example/ns/t:1  latest, 1.x',
    'Would not build 1 image:',
    '  r.example/ns/h:1  held  held: audit (ws.toml:7)',
    'Would leave 1 image as it is:',
    '  r.example/ns/d:1  drifted  changed',
    'Nothing to do for 1 published, 1 local',
    'Would not publish 1 built image: no credentials for r.example',
  ]);
  assert.ok(
    lines(forecast, undefined, { forced: true }).includes('Would move latest to 3 of them'),
  );
  const narrow = lines(forecast, 40, more);
  assert.ok(narrow.every((line) => line.length <= 40 || line.startsWith('Would ')));
  assert.deepEqual(narrow.slice(0, 6), [
    'All names begin with r.example/ns/',
    'Would make 1 root file system: images/bookworm',
    'Would pull 1 base: debian:13',
    'Would build, test and publish 2 images:',
    '  a:1             not in the registry',
    '  app/long:1.2-3  not in the registry',
  ]);
});

test('a hold on latest is a line, however many images it is on', () => {
  const place = { file: 'ws.toml', line: 7 };
  const held = { images: [], stops: ['latest'] as const, reason: 'audit', place };
  const hold = { stop: 'latest' as const, hold: held };
  const latestHeld = [decision('a:1', { hold }), decision('b:1', { hold })];
  assert.deepEqual(lines({ latestHeld }, 80), [
    'Would not move latest to a:1, b:1: held: audit (ws.toml:7)',
  ]);
});

test('many images that are stopped for one reason are told together', () => {
  const why = 'r.example cannot be reached';
  const down = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
    decision(`${name}:1`, { action: 'stop', state: 'unknown', why }),
  );
  const stopped = [decision('x:1', { action: 'fail', why: 'its definition is broken' }), ...down];
  assert.deepEqual(lines({ stopped }, 80), [
    'All names begin with r.example/ns/',
    'Would not build 6 images: r.example cannot be reached',
    '  a:1, b:1, c:1, d:1, e:1 and 1 more',
    'Would not build 1 image:',
    '  x:1  broken  its definition is broken',
  ]);
});

test('without anything to do it is a line', () => {
  assert.deepEqual(lines({ settled: [decision('a:1', { state: 'published' })] }, 80), [
    'Nothing to do for 1 published',
  ]);
});
