import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuildEvent } from '#builder/report/event.js';
import { countsOf, frame, type LiveState, liveState, noteLive } from '#cli/terminal/frame.js';
import type { Paint } from '#core/diagnostics/format.js';
import type { Digest, Reference } from '#core/reference/brands.js';

const ref = (name: string): Reference => name as Reference;

const plain: Paint = (_part, text) => text;
const draw = (state: LiveState, now: number, columns = 80, rows = 24): string[] =>
  frame(state, now, { columns, rows, paint: plain });

test('the live view has the time first, counts that add up, and what runs with its step', () => {
  const state = liveState(['r/x/a:1', 'r/x/bb:1', 'r/x/c:1', 'r/x/d:1'], 0);
  const events: [number, BuildEvent][] = [
    [0, { kind: 'image-started', reference: ref('r/x/a:1') }],
    [0, { kind: 'image-started', reference: ref('r/x/bb:1') }],
    [2000, { kind: 'step-started', reference: ref('r/x/bb:1'), step: '[2/3] RUN make' }],
    [
      10_000,
      {
        kind: 'image-built',
        reference: ref('r/x/a:1'),
        milliseconds: 10_000,
        spans: [],
        steps: 2,
        cachedSteps: 0,
      },
    ],
    [10_000, { kind: 'image-finished', reference: ref('r/x/a:1') }],
  ];
  for (const [now, event] of events) {
    noteLive(state, event, now);
  }
  assert.deepEqual(draw(state, 12_000), [
    '12.0s  1/4 done  1 building  2 waiting',
    '  bb   10.0s  [2/3] RUN make',
  ]);
  noteLive(
    state,
    { kind: 'image-failed', reference: ref('r/x/bb:1'), during: 'build', reason: 'x', tail: [] },
    13_000,
  );
  noteLive(state, { kind: 'image-skipped', reference: ref('r/x/c:1'), reason: 'parent' }, 13_000);
  assert.deepEqual(draw(state, 15_000, 40), [
    '15.0s  1/4 done  1 failed  1 skipped',
    '  1 waiting',
  ]);
});

test('a test and a push are under way, and an image counts once', () => {
  const state = liveState(['r/a:1', 'r/b:1'], 0);
  const a = ref('r/a:1');
  const steps: [BuildEvent, string][] = [
    [{ kind: 'image-started', reference: a }, '0/2 done  1 building  1 waiting'],
    [
      { kind: 'image-built', reference: a, milliseconds: 1, spans: [], steps: 1, cachedSteps: 0 },
      '0/2 done  1 built  1 waiting',
    ],
    [{ kind: 'verify-started', reference: a }, '0/2 done  1 testing  1 waiting'],
    [
      { kind: 'verified', reference: a, milliseconds: 1, tested: true },
      '0/2 done  1 built  1 waiting',
    ],
    [{ kind: 'publish-started', reference: a }, '0/2 done  1 pushing  1 waiting'],
    [
      { kind: 'published', reference: a, digest: 'sha256:aa' as Digest, milliseconds: 1 },
      '0/2 done  1 built  1 waiting',
    ],
    [{ kind: 'image-finished', reference: a }, '1/2 done  1 waiting'],
  ];
  for (const [event, counts] of steps) {
    noteLive(state, event, 0);
    assert.equal(countsOf(state).join('  '), counts, event.kind);
  }
  // bake stopped the call: it is begun again.
  noteLive(state, { kind: 'image-started', reference: ref('r/b:1') }, 0);
  noteLive(state, { kind: 'image-retried', reference: ref('r/b:1'), reason: '', attempt: 2 }, 0);
  assert.equal(countsOf(state).join('  '), '1/2 done  1 waiting');
  state.stopping = true;
  assert.equal(draw(state, 0)[0], '0.0s  stopping (Ctrl-C again: at once)  1/2 done  1 waiting');
});

test('what is done never becomes less: a built image that waits for its test is not done', () => {
  const [a, b] = [ref('r/a:1'), ref('r/b:1')];
  const state = liveState([a, b], 0);
  const times = { milliseconds: 1, spans: [], steps: 1, cachedSteps: 0 };
  const events: BuildEvent[] = [
    { kind: 'image-built', reference: a, ...times },
    { kind: 'image-built', reference: b, ...times },
    { kind: 'verify-started', reference: a },
    { kind: 'verified', reference: a, milliseconds: 1, tested: true },
    { kind: 'image-finished', reference: a },
    { kind: 'verify-started', reference: b },
    { kind: 'image-failed', reference: b, during: 'verify', reason: 'x', tail: [] },
  ];
  const done = events.map((event) => {
    noteLive(state, event, 0);
    return countsOf(state)[0];
  });
  assert.deepEqual(done, [...Array(4).fill('0/2 done'), ...Array(3).fill('1/2 done')]);
  assert.deepEqual(countsOf(state), ['1/2 done', '1 failed']);
});

test('a narrow terminal has all counts, in two lines', () => {
  const all = Array.from({ length: 30 }, (_, at) => ref(`r/i${at}:1`));
  const state = liveState(all, 0);
  for (const [at, reference] of all.entries()) {
    const kind = (['image-started', 'verify-started', 'publish-started'] as const)[at % 5];
    noteLive(
      state,
      kind === undefined ? { kind: 'image-skipped', reference, reason: 'x' } : { kind, reference },
      1000,
    );
  }
  const failed = { kind: 'image-failed', during: 'build', reason: 'x', tail: [] } as const;
  noteLive(state, { ...failed, reference: ref('r/i0:1') }, 1000);
  const lines = draw(state, 100_000, 60, 10);
  assert.deepEqual(lines.slice(0, 2), [
    '1m40s  0/30 done  1 failed  12 skipped  5 building',
    '  6 testing  6 pushing',
  ]);
  assert.equal(lines.length, 9);
});

test('registries that are waited for are below the counts, and never too many of them', () => {
  const state = liveState(['r/a:1'], 0);
  noteLive(state, { kind: 'image-started', reference: ref('r/a:1') }, 0);
  state.waiting = ['waiting for r: no answer for 2 s'];
  assert.deepEqual(draw(state, 3_000).slice(1), [
    '  waiting for r: no answer for 2 s',
    '  a    3.0s  starting',
  ]);
  const path = '/home/builder/work/a-company/images';
  state.waiting = [`waiting for another build: process 7 in ${path} on h (12 s so far)`];
  assert.equal(
    draw(state, 3_000, 60)[1],
    '  waiting for another build: process 7 in /ho… (12 s so far)',
  );
  state.waiting = Array.from({ length: 9 }, (_, at) => `waiting for r${at}`);
  assert.equal(draw(state, 3_000).length, 5);
});

test('the view never grows past the terminal', () => {
  const all = Array.from({ length: 30 }, (_, at) => `r/i${at}:1`);
  const state = liveState(all, 0);
  for (let i = 0; i < 30; i++) {
    noteLive(state, { kind: 'image-started', reference: ref(`r/i${i}:1`) }, 0);
  }
  const lines = draw(state, 0, 80, 10);
  assert.equal(lines.length, 9);
  assert.equal(lines.at(-1), '  and 23 more');
});

test('with earlier durations: the time left, and the images of the longest path first and marked', () => {
  const run = {
    images: [
      { reference: 'r/leaf:1', parents: [], expected: { build: 20_000 }, isBuilt: false },
      { reference: 'r/base:1', parents: [], expected: { build: 60_000 }, isBuilt: false },
      { reference: 'r/top:1', parents: ['r/base:1'], expected: { build: 30_000 }, isBuilt: false },
    ],
    places: { build: Number.POSITIVE_INFINITY, test: 1, publish: 4 },
  };
  const state = liveState(['r/leaf:1', 'r/base:1', 'r/top:1'], 0, run);
  noteLive(state, { kind: 'image-started', reference: ref('r/leaf:1') }, 0);
  noteLive(state, { kind: 'image-started', reference: ref('r/base:1') }, 0);
  assert.deepEqual(draw(state, 0), [
    '0.0s  ~1m30s left  0/3 done  2 building  1 waiting',
    '* base    0.0s  starting',
    '  leaf    0.0s  starting',
  ]);
  assert.equal(draw(state, 40_000)[0], '40.0s  ~50s left  0/3 done  2 building  1 waiting');
  state.stopping = true;
  assert.doesNotMatch(draw(state, 40_000)[0] ?? '', /left/);
});
