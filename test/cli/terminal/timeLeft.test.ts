import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuildEvent } from '#builder/report/event.js';
import { frame, liveState, noteLive } from '#cli/terminal/frame.js';
import { rough } from '#cli/terminal/timeLeft.js';
import type { Reference } from '#core/reference/brands.js';

test('an estimate is shown as exactly as it is one', () => {
  const times = [-5, 0, 400, 1_600, 59_400, 61_000, 124_000, 599_000, 640_000, 5_000_000];
  assert.deepEqual(times.map(rough), [
    '1s',
    '1s',
    '1s',
    '2s',
    '59s',
    '1m00s',
    '2m05s',
    '10m00s',
    '11m00s',
    '1h23m',
  ]);
});

/** What the view shows of a run of 30 images, two at once, each a second: `real` times what is expected. */
function shown(real: (at: number) => number, killed = 30): { now: number; left: number }[] {
  const times = Array.from({ length: 30 }, (_, at) => 4_000 + 1_000 * (at % 7));
  const references = times.map((_, at) => `r/i${at}:1` as Reference);
  const state = liveState(references, 0, {
    images: references.map((reference, at) => ({
      reference,
      parents: [],
      expected: { build: times[at] ?? 0 },
      isBuilt: false,
    })),
    places: { build: 2, test: 1, publish: 4 },
  });
  const seen: { now: number; left: number }[] = [];
  const running = new Map<number, number>();
  let next = 0;
  for (let now = 0; next < killed || running.size > 0; now += 1_000) {
    const note = (event: BuildEvent) => noteLive(state, event, now);
    for (const [at, end] of running) {
      const reference = references[at];
      if (end <= now && reference !== undefined) {
        const milliseconds = (times[at] ?? 0) * real(at);
        note({ kind: 'image-built', reference, milliseconds, spans: [], steps: 1, cachedSteps: 0 });
        note({ kind: 'image-finished', reference });
        running.delete(at);
      }
    }
    while (running.size < 2 && next < killed) {
      const reference = references[next];
      if (reference !== undefined) {
        note({ kind: 'image-started', reference });
        running.set(next, now + (times[next] ?? 0) * real(next));
      }
      next++;
    }
    const [line = ''] = frame(state, now, { columns: 80, rows: 24, paint: (_, text) => text });
    const [, minutes = '0', seconds] = /~(?:(\d+)m)?(\d+)s left/.exec(line) ?? [];
    if (seconds !== undefined) {
      seen.push({ now, left: 60 * Number(minutes) + Number(seconds) });
    }
  }
  return seen;
}

test('a run as the earlier ones: what is shown is right within a tenth from the first second on', () => {
  const seen = shown(() => 1);
  const end = (seen.at(-1)?.now ?? 0) / 1_000 + 1;
  for (const { now, left } of seen) {
    const right = end - now / 1_000;
    assert.ok(Math.abs(left - right) <= 4 + 0.1 * end, `${now}: ${left}, and it is ${right}`);
  }
});

for (const [what, real] of [
  ['half again as slow', () => 1.5],
  ['twice as fast', () => 0.5],
  ['now slow, now fast', (at: number) => (at % 2 === 0 ? 2 : 0.5)],
  ['one that takes for ever', (at: number) => (at === 29 ? 40 : 1)],
] as const) {
  test(`${what}: no second without time left, no jump of more than a tenth`, () => {
    const seen = shown(real);
    const end = (seen.at(-1)?.now ?? 0) / 1_000;
    for (const [at, { now, left }] of seen.entries()) {
      const before = seen[at - 1]?.left ?? left + 1;
      assert.ok(left >= 1, `${now}`);
      assert.ok(Math.abs(left + 1 - before) <= 6 + 0.1 * end, `${now}: ${before}, then ${left}`);
    }
    assert.equal(seen.length, Math.round(end) + 1, 'it is shown at each second');
  });
}
