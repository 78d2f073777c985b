import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuildEvent } from '#builder/report/event.js';
import { frame, liveState, noteLive } from '#cli/terminal/frame.js';
import type { Reference } from '#core/reference/brands.js';

const ref = (name: string): Reference => name as Reference;

test('the live view counts, names what runs with its step, and estimates the rest', () => {
  const state = liveState(4, 0);
  const events: [number, BuildEvent][] = [
    [0, { kind: 'image-started', reference: ref('r/a:1') }],
    [0, { kind: 'image-started', reference: ref('r/b:1') }],
    [2000, { kind: 'step-started', reference: ref('r/b:1'), step: '[2/3] RUN make' }],
    [
      10_000,
      {
        kind: 'image-built',
        reference: ref('r/a:1'),
        milliseconds: 10_000,
        steps: 2,
        cachedSteps: 0,
      },
    ],
  ];
  for (const [now, event] of events) {
    noteLive(state, event, now);
  }
  assert.deepEqual(frame(state, 12_000, 80, 24), [
    '1 of 4 built, 1 running, 2 waiting, 12.0s, about 36.0s left',
    '  r/b:1  10.0s  [2/3] RUN make',
  ]);
  noteLive(
    state,
    { kind: 'image-failed', reference: ref('r/b:1'), during: 'build', reason: 'x', tail: [] },
    13_000,
  );
  noteLive(state, { kind: 'image-skipped', reference: ref('r/c:1'), reason: 'parent' }, 13_000);
  assert.deepEqual(frame(state, 15_000, 40, 24), ['1 of 4 built, 0 running, 1 waiting, 1 f…']);
});

test('registries that are waited for are below the counts, and never too many of them', () => {
  const state = liveState(1, 0);
  noteLive(state, { kind: 'image-started', reference: ref('r/a:1') }, 0);
  state.waiting = ['waiting for r: no answer for 2 s'];
  assert.deepEqual(frame(state, 3_000, 80, 24).slice(1), [
    '  waiting for r: no answer for 2 s',
    '  r/a:1  3.0s  starting',
  ]);
  state.waiting = Array.from({ length: 9 }, (_, at) => `waiting for r${at}`);
  assert.equal(frame(state, 3_000, 80, 24).length, 5);
});

test('the view never grows past the terminal', () => {
  const state = liveState(30, 0);
  for (let i = 0; i < 30; i++) {
    noteLive(state, { kind: 'image-started', reference: ref(`i${i}:1`) }, 0);
  }
  const lines = frame(state, 0, 80, 10);
  assert.equal(lines.length, 9);
  assert.equal(lines.at(-1), '  and 23 more');
});
