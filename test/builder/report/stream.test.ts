import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuildEvent } from '#builder/report/event.js';
import { EventStream, streamCounts } from '#builder/report/stream.js';
import type { RootfsEvent } from '#builder/rootfs.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Action } from '#fleet/status/decide.js';
import type { StateName } from '#fleet/status/states.js';
import { isEvent, kindsOfSchema, readEvents } from '../../support/events.js';

const reference = 'r/one:1' as Reference;
const digest = 'sha256:aa' as Digest;
type Any = BuildEvent | RootfsEvent;

/** One of each kind that there is: the compiler refuses this where one is missing. */
const samples: { readonly [Kind in Any['kind']]: Extract<Any, { kind: Kind }> } = {
  planned: { kind: 'planned', toBuild: [reference], toFinish: [] },
  'base-refreshed': { kind: 'base-refreshed', reference },
  'call-started': { kind: 'call-started', call: 1, images: [reference] },
  'image-started': { kind: 'image-started', reference },
  'step-started': { kind: 'step-started', reference, step: '[1/2] RUN x' },
  'step-ended': { kind: 'step-ended', reference, step: '[1/2] RUN x', cached: false },
  output: { kind: 'output', reference, text: 'half a li' },
  'image-built': {
    kind: 'image-built',
    reference,
    milliseconds: 1.5,
    spans: [[1, 2.5]],
    steps: 2,
    cachedSteps: 0,
  },
  'image-retried': { kind: 'image-retried', reference, reason: 'network', attempt: 2 },
  'image-failed': {
    kind: 'image-failed',
    reference,
    during: 'build',
    reason: 'x',
    tail: ['y'],
    place: 'd:1',
  },
  'image-skipped': { kind: 'image-skipped', reference, reason: 'x' },
  'verify-started': { kind: 'verify-started', reference },
  verified: { kind: 'verified', reference, milliseconds: 1, tested: true },
  'publish-started': { kind: 'publish-started', reference },
  published: { kind: 'published', reference, digest, milliseconds: 1 },
  staged: { kind: 'staged', reference, digest, milliseconds: 1 },
  'image-finished': { kind: 'image-finished', reference },
  withheld: { kind: 'withheld', reference, reason: 'x' },
  'latest-moved': { kind: 'latest-moved', repository: 'r/one', digest, version: '1', before: null },
  'latest-held': { kind: 'latest-held', repository: 'r/one', at: '1', version: '2' },
  'latest-elsewhere': { kind: 'latest-elsewhere', repository: 'r/one', at: '1', version: '2' },
  'tag-moved': { kind: 'tag-moved', repository: 'r/one', tag: '1.0', digest },
  'builder-lost': { kind: 'builder-lost', builder: 'far', reason: 'it does not answer' },
  'name-put': { kind: 'name-put', reference, name: 'one:latest' },
  warning: { kind: 'warning', message: 'x' },
  'rootfs-started': { kind: 'rootfs-started', name: 'r', directory: 'r' },
  'rootfs-output': { kind: 'rootfs-output', name: 'r', line: 'x' },
  'rootfs-made': { kind: 'rootfs-made', name: 'r', bytes: 1, milliseconds: 1 },
};

function streamed(withOutput: boolean, work: (stream: EventStream) => void): string {
  let text = '';
  const now = () => new Date('2026-11-27T01:02:03Z');
  const stream = new EventStream((piece) => (text += piece), now, withOutput);
  stream.begin('1.2.3');
  work(stream);
  const counts = streamCounts([], 0, 0);
  stream.end({ exitCode: 0, interrupted: false, milliseconds: 5, counts });
  return text;
}

test('every kind of event is in the schema, and every kind of the schema is written', () => {
  const text = streamed(true, (stream) => {
    const place = { file: 'a/control', line: 3, column: 1, lineText: 'secret: x' };
    stream.diagnostics([error('usage', 'wrong', { hint: 'right', place }), error('locked', 'x')]);
    stream.decided([
      { reference, state: 'absent', action: 'build', why: 'x', hint: 'y', parents: [] },
    ]);
    for (const event of Object.values(samples)) {
      stream.listen(event);
    }
  });
  const events = readEvents(text);
  assert.deepEqual(new Set(events.map(({ kind }) => kind)), new Set(kindsOfSchema));
  assert.deepEqual(events[0], {
    kind: 'begin',
    time: '2026-11-27T01:02:03.000Z',
    schema: 1,
    version: '1.2.3',
  });
  assert.deepEqual(events[1]?.place, { file: 'a/control', line: 3, column: 1 });
  assert.equal(isEvent({ ...events[0], more: 1 }), false, 'the schema can say no');
  assert.equal(isEvent({ kind: 'other', time: 'x' }), false);
});

const actions: Readonly<Record<Action, true>> = {
  build: true,
  finish: true,
  use: true,
  skip: true,
  stop: true,
  held: true,
  fail: true,
  blocked: true,
};
const states: Readonly<Record<StateName, true>> = {
  published: true,
  local: true,
  absent: true,
  lost: true,
  unknown: true,
  drifted: true,
};

test('every state and every action is in the schema', () => {
  const text = streamed(false, (stream) => {
    for (const state of Object.keys(states) as StateName[]) {
      for (const action of Object.keys(actions) as Action[]) {
        stream.decided([{ reference, state, action, why: 'x', parents: [] }]);
      }
    }
  });
  assert.equal(readEvents(text).length, 2 + 6 * 8);
});

test('output is left out where nobody asked for it', () => {
  const text = streamed(false, (stream) => {
    stream.listen(samples.output);
    stream.listen(samples['rootfs-output']);
    stream.listen(samples['step-started']);
  });
  assert.deepEqual(
    readEvents(text).map(({ kind }) => kind),
    ['begin', 'step-started', 'result'],
  );
});

test('whatever a program prints, an event is one line, and moves no cursor', () => {
  const hostile = 'a\nb\r\u001b[2J\u009b31m\u2028\u2029\u202e\ud800\u0000 end';
  const text = streamed(true, (stream) => stream.listen({ ...samples.output, text: hostile }));
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
  assert.equal(readEvents(text)[1]?.text, hostile);
});
