import assert from 'node:assert/strict';
import { test } from 'node:test';
import { criticalPath } from '#builder/report/criticalPath.js';
import type { BuildEvent } from '#builder/report/event.js';
import { lineListener, printable } from '#builder/report/lines.js';
import { Recorder } from '#builder/report/record.js';
import { lengthOf, mergedSpans, type Span } from '#builder/report/spans.js';
import { duration } from '#builder/report/time.js';
import type { Digest, Reference } from '#core/reference/brands.js';

const ref = (name: string): Reference => name as Reference;
const image = (name: string, ...parents: string[]) => ({
  reference: ref(name),
  state: 'absent',
  why: 'not published',
  parents: parents.map((reference) => ({ reference })),
});
const built = (name: string, ...spans: readonly Span[]): BuildEvent => ({
  kind: 'image-built',
  reference: ref(name),
  milliseconds: lengthOf(spans),
  spans,
  steps: 4,
  cachedSteps: 1,
});

test('the events of a run fold into one record an image', () => {
  const recorder = new Recorder(
    [image('a:1'), image('b:1', 'a:1'), image('c:1', 'b:1'), image('x:1')],
    () => 1_000,
  );
  const events: BuildEvent[] = [
    { kind: 'planned', toBuild: ['a:1', 'b:1', 'c:1'].map(ref), toFinish: [] },
    { kind: 'image-started', reference: ref('a:1') },
    built('a:1', [0, 1200]),
    { kind: 'verified', reference: ref('a:1'), milliseconds: 10, tested: true },
    { kind: 'published', reference: ref('a:1'), digest: 'sha256:1' as Digest, milliseconds: 5 },
    { kind: 'image-started', reference: ref('b:1') },
    {
      kind: 'image-failed',
      reference: ref('b:1'),
      during: 'build',
      reason: 'exit code: 1',
      tail: [],
    },
  ];
  for (const event of events) {
    recorder.listen(event);
  }
  const endings = [...recorder.records.values()].map(({ reference, ending }) => [
    reference,
    ending,
  ]);
  assert.deepEqual(endings, [
    ['a:1', 'published'],
    ['b:1', 'failed'],
    ['c:1', 'unfinished'],
    ['x:1', 'untouched'],
  ]);
  assert.equal(recorder.records.get(ref('a:1'))?.cachedSteps, 1);
  assert.equal(recorder.records.get(ref('b:1'))?.reason, 'exit code: 1');
});

test('the critical path is the longest chain of builds', () => {
  const recorder = new Recorder(
    [
      image('a:1'),
      image('b:1', 'a:1'),
      image('c:1', 'a:1'),
      image('d:1', 'b:1', 'c:1'),
      image('e:1'),
    ],
    () => 1_000,
  );
  recorder.listen(built('a:1', [0, 100]));
  recorder.listen(built('b:1', [100, 600]));
  recorder.listen(built('c:1', [100, 300]));
  recorder.listen(built('d:1', [600, 650]));
  recorder.listen(built('e:1', [0, 600]));
  assert.deepEqual(criticalPath(recorder.records), {
    images: ['a:1', 'b:1', 'd:1'],
    milliseconds: 650,
  });
});

test('no chain is longer than the time that its images took together', () => {
  const recorder = new Recorder([image('a:1'), image('b:1', 'a:1')], () => 1_000);
  // The child reads its context at once, and begins while its parent is still exported.
  recorder.listen(built('a:1', [0, 2_500]));
  recorder.listen(built('b:1', [10, 20], [2_000, 4_400]));
  assert.deepEqual(criticalPath(recorder.records), { images: ['a:1', 'b:1'], milliseconds: 4_400 });
});

test('times that overlap or touch are one', () => {
  const spans: Span[] = [
    [5, 7],
    [1, 3],
    [2, 4],
    [4, 4],
    [7, 9],
    [11, 11],
  ];
  assert.deepEqual(mergedSpans(spans), [
    [1, 4],
    [5, 9],
  ]);
});

test('in a pipe every line names its image and holds no escape codes', () => {
  const written: string[] = [];
  const listen = lineListener((line) => written.push(line), 'debug');
  listen({ kind: 'output', reference: ref('a:1'), text: '\u001b[31mred\u001b[0m\n10%\r100%\n' });
  listen({
    kind: 'image-failed',
    reference: ref('a:1'),
    during: 'verify',
    reason: 'exit code 3',
    tail: ['boom'],
  });
  assert.deepEqual(written, ['a:1: | red', 'a:1: | 100%', 'a:1: FAILED to verify: exit code 3']);
  assert.equal(printable('bell\u0007'), 'bell');
});

test('output that comes in pieces is told in lines, the last one when something else happens', () => {
  const written: string[] = [];
  const listen = lineListener((line) => written.push(line), 'debug');
  const output = (name: string, text: string) =>
    listen({ kind: 'output', reference: ref(name), text });
  output('r/a:1', 'one\ntw');
  output('r/b:1', 'other');
  output('r/a:1', 'o\n\nthree');
  listen({ kind: 'step-started', reference: ref('r/a:1'), step: 'RUN x' });
  assert.deepEqual(written, [
    'r/a:1: | one',
    'r/a:1: | two',
    'r/a:1: | ',
    'r/a:1: | three',
    'r/a:1: RUN x',
  ]);
  output('r/a:1', 'x'.repeat(10_000));
  assert.equal(written.length, 6);
});

test('durations', () => {
  assert.deepEqual([400, 59_940, 59_960, 125_000, 3_720_000].map(duration), [
    '0.4s',
    '59.9s',
    '1m00s',
    '2m05s',
    '1h02m',
  ]);
});

test('a record has when its work, its test and its push began and ended, and what the registry stores', () => {
  let time = 0;
  const recorder = new Recorder([image('a:1'), image('b:1'), image('c:1')], () => time);
  const at = (milliseconds: number, event: BuildEvent): void => {
    time = milliseconds;
    recorder.listen(event);
  };
  at(10, { kind: 'image-started', reference: ref('a:1') });
  // A second attempt does not move when it began.
  at(20, { kind: 'image-started', reference: ref('a:1') });
  at(30, { kind: 'verify-started', reference: ref('a:1') });
  at(40, { kind: 'publish-started', reference: ref('a:1') });
  at(50, {
    kind: 'published',
    reference: ref('a:1'),
    digest: 'sha256:1' as Digest,
    size: 77,
    milliseconds: 10,
  });
  at(60, { kind: 'image-started', reference: ref('b:1') });
  const failure = { kind: 'image-failed', during: 'build', reason: 'exit 1', tail: [] } as const;
  at(70, { ...failure, reference: ref('b:1') });
  at(80, { ...failure, reference: ref('c:1') });
  const timesOf = (name: string) => {
    const record = recorder.records.get(ref(name));
    const { startedAt, verifyStartedAt, publishStartedAt, endedAt, size } = record ?? {};
    return [startedAt, verifyStartedAt, publishStartedAt, endedAt, size];
  };
  assert.deepEqual(timesOf('a:1'), [10, 30, 40, 50, 77]);
  assert.deepEqual(timesOf('b:1'), [60, undefined, undefined, 70, undefined]);
  // It failed before the run: nothing was begun.
  assert.deepEqual(timesOf('c:1'), [undefined, undefined, undefined, undefined, undefined]);
});
