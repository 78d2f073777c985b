import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageRecord } from '#builder/report/record.js';
import { lastScreen, type RunEnd } from '#cli/terminal/lastScreen.js';
import type { Paint } from '#core/diagnostics/format.js';
import type { Reference } from '#core/reference/brands.js';

const plain: Paint = (_part, text) => text;

function record(name: string, more: Partial<ImageRecord>): ImageRecord {
  const reference = `r.example/shop/${name}` as Reference;
  return {
    reference,
    state: 'absent',
    why: '',
    parents: [],
    ending: 'built',
    attempts: 1,
    ...more,
  };
}

function end(records: readonly ImageRecord[], more: Partial<RunEnd> = {}): RunEnd {
  return {
    records,
    stopped: 0,
    unpublished: new Map(),
    latestMoved: 0,
    namesPut: 0,
    milliseconds: 41_000,
    criticalPath: { images: [], milliseconds: 0 },
    interrupted: false,
    isLastJob: false,
    directory: '/work',
    ...more,
  };
}

const screen = (run: RunEnd, columns?: number): string[] =>
  lastScreen(run, { paint: plain, ...(columns === undefined ? {} : { columns }) });

const failing = record('failing:1', {
  ending: 'failed',
  during: 'build',
  place: 'images/failing/Dockerfile.template:3',
  reason: 'RUN make (exit code 2)',
  tail: ['compiling', 'main.c:12: error: expected expression'],
  log: '/work/.generate-bake/logs/images/failing.log',
});
const child = record('child:1', {
  ending: 'skipped',
  reason: 'parent r.example/shop/failing:1 failed',
});

test('what failed is last, once, with its place, its last lines and its log; then counts and the next step', () => {
  const base = record('base:1', { ending: 'published' });
  const critical = {
    images: ['r.example/shop/base:1', 'r.example/shop/x:1'],
    milliseconds: 22_000,
  };
  const run = end([base, failing, child], { latestMoved: 1, criticalPath: critical });
  assert.deepEqual(screen(run), [
    'skipped child:1: parent failing:1 failed',
    'FAILED  failing:1  images/failing/Dockerfile.template:3',
    '        RUN make (exit code 2)',
    '        | compiling',
    '        | main.c:12: error: expected expression',
    '        log: .generate-bake/logs/images/failing.log',
    '1 published, latest moved for 1, 1 skipped, 1 failed in 41.0s (longest chain: base, x: 22.0s)',
    'next: fix that, then run the same command again: it builds what is left',
  ]);
  for (const line of screen(run, 40)) {
    // Paths are whole, to be copied.
    assert.ok(line.length <= 40 || /^ +(?:log: )?\S+$/.test(line), line);
  }
});

test('a narrow terminal has the place, the exit code and every output line whole', () => {
  const long = record('a-service-with-a-long-name:1.0.0-1', {
    ...failing,
    reference: 'r.example/shop/a-service-with-a-long-name:1.0.0-1' as Reference,
    reason:
      'RUN apt-get update && apt-get install -y --no-install-recommends make gcc (exit code 100)',
    tail: ['E: Unable to locate package libfoo-dev, which is needed by the build of this'],
  });
  assert.deepEqual(screen(end([long, child]), 60), [
    'skipped child:1: parent failing:1 failed',
    'FAILED  a-service-with-a-long-name:1.0.0-1',
    '        images/failing/Dockerfile.template:3',
    '        exit code 100: RUN apt-get update && apt-get instal…',
    '        | E: Unable to locate package libfoo-dev, which is',
    '        | needed by the build of this',
    '        log: .generate-bake/logs/images/failing.log',
    '1 skipped, 1 failed in 41.0s',
    'next: fix that, then run the same command again: it builds',
    '        what is left',
  ]);
  const push = record('a:1', {
    ending: 'failed',
    during: 'publish',
    reason: 'the registry refused the push: denied: requested access to the resource is denied',
  });
  assert.deepEqual(screen(end([push]), 60).slice(0, 3), [
    'FAILED  a:1 (publish)',
    '        the registry refused the push: denied: requested',
    '        access to the resource is denied',
  ]);
});

test('what was said just before, since nothing ran, is not said again', () => {
  const broken = record('bad:1', { ending: 'failed', during: 'definition', reason: 'no version' });
  const run = end([broken, child], { told: new Set([broken.reference, child.reference]) });
  assert.deepEqual(screen(run), [
    '1 skipped, 1 failed',
    'next: fix that, then run the same command again: it builds what is left',
  ]);
});

test('without an engine the next step is what only an engine can do, and after a failure nothing is left done', () => {
  const built = record('a:1', {});
  const last = (records: readonly ImageRecord[], left: RunEnd['leftForEngine']) =>
    screen(end(records, left && { leftForEngine: left })).at(-1);
  const where = 'next: run the same command where a docker engine answers';
  assert.equal(last([built], 'publishing'), `${where}: it builds, tests and publishes them`);
  assert.equal(last([built], 'tests'), `${where}: it builds and tests them`);
  assert.equal(last([built], 'nothing'), '1 built in 41.0s');
  for (const left of ['nothing', 'tests'] as const) {
    assert.equal(last([failing], left), 'next: fix that, then run the same command again');
  }
});

test('what awaits approval is approved by name, and what cannot be compared is not', () => {
  const awaiting = (name: string, reason: string) =>
    record(name, { awaits: [], reason: `awaits approval: ${reason}` });
  const first = awaiting('a:1', 'it is the first version');
  const parts = awaiting('b:1', 'no engine has all of its platforms to compare them');
  assert.match(screen(end([first, parts])).at(-1) ?? '', / --approve a$/);
  assert.match(screen(end([parts])).at(-1) ?? '', /^next: publish them without --gate, /);
});

test('many failures are ten with their lines and the names of the rest; equal reasons are one line', () => {
  const many = Array.from({ length: 14 }, (_, at) => ({
    ...failing,
    reference: `r.example/shop/f${at}:1` as Reference,
    tail: Array.from({ length: 20 }, (_line, line) => `line ${line}`),
  }));
  const children = Array.from({ length: 12 }, (_, at) => ({
    ...child,
    reference: `r.example/shop/c${at}:1` as Reference,
  }));
  const lines = screen(end([...many, ...children]));
  assert.equal(lines.filter((line) => line.startsWith('FAILED  f')).length, 10);
  assert.ok(lines.includes('FAILED  4 more: f10:1, f11:1, f12:1, f13:1'));
  assert.equal(lines.filter((line) => line === '        | line 19').length, 10);
  assert.equal(lines.filter((line) => line === '        | line 11').length, 0);
  const [first] = lines;
  assert.equal(
    first,
    'skipped c0:1, c1:1, c2:1, c3:1, c4:1, c5:1, c6:1, c7:1, c8:1, c9:1 and 2 more: parent failing:1 failed',
  );
});

test('what a program wrote cannot move the cursor; nothing to do is one line; an interruption says how to continue', () => {
  const hostile = { ...failing, tail: ['\u001b[2J\u202eevil'] };
  assert.ok(screen(end([hostile])).includes('        | \\x1b[2J\\u202eevil'));
  const coloured = { ...failing, tail: ['\u001b[31mred\u001b[0m'] };
  assert.ok(screen(end([coloured])).includes('        | red'));
  assert.deepEqual(screen(end([record('a:1', { ending: 'untouched' })])), ['nothing to do']);
  assert.deepEqual(screen(end([], { stopped: 2, told: new Set() })), ['2 not built']);
  assert.deepEqual(screen(end([record('a:1', { ending: 'unfinished' })], { interrupted: true })), [
    '1 not finished in 41.0s',
    'interrupted: run the same command again to continue',
  ]);
});

test('what is built and not published for want of credentials is told, once for each registry', () => {
  const unpublished = new Map([['no credentials for r.example', 1]]);
  assert.deepEqual(screen(end([record('a:1', {})], { unpublished })), [
    'not published: no credentials for r.example (1 image)',
    'hint: set username and password, or pass --publish to use those of docker',
    '1 built in 41.0s',
  ]);
});
