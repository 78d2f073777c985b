import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Typical } from '#builder/durations/durations.js';
import {
  type ExpectedImage,
  type ExpectedRun,
  expectedDuration,
  remainingOf,
  type Standing,
} from '#builder/durations/remaining.js';

const image = (
  reference: string,
  expected: Typical | undefined,
  ...parents: string[]
): ExpectedImage => ({ reference, parents, expected, isBuilt: false });
const unbounded = { build: Number.POSITIVE_INFINITY, test: 1, publish: 4 };
const runOf = (images: readonly ExpectedImage[], build = unbounded.build): ExpectedRun => ({
  images,
  places: { ...unbounded, build },
});
const at = (stage: Standing['stage'], elapsed = 0): Standing => ({ stage, elapsed });
const standings = (all: Readonly<Record<string, Standing>>) => (reference: string) =>
  all[reference];

const chain = [
  image('a', { build: 100, test: 30, publish: 10 }),
  image('b', { build: 50 }, 'a'),
  image('c', { build: 20, publish: 5 }),
];

test('a run takes its longest path, or its work divided by the places', () => {
  // a and b; a is tested and pushed while b is built.
  assert.equal(expectedDuration(runOf(chain)), 150);
  assert.equal(expectedDuration(runOf(chain, 2)), 150);
  assert.equal(expectedDuration(runOf(chain, 1)), 170);
  const tests = Array.from({ length: 5 }, (_, n) => image(`t${n}`, { build: 10, test: 100 }));
  assert.equal(expectedDuration(runOf(tests)), 500, 'tests run one after the other');
  const built = tests.map((each) => ({ ...each, isBuilt: true }));
  assert.equal(expectedDuration(runOf(built.slice(0, 1))), 100);
});

test('what is under way counts with the rest of it, and what is done not at all', () => {
  const run = runOf(chain);
  const left = (all: Readonly<Record<string, Standing>>) => remainingOf(run, standings(all));
  assert.deepEqual(left({ a: at('building', 60), b: at('waiting'), c: at('waiting') }), {
    milliseconds: 90,
    path: ['a', 'b'],
  });
  // The child has begun: its parent is only exported still.
  const exported = { a: at('building', 100), b: at('building', 10) };
  assert.deepEqual(left(exported), { milliseconds: 50, path: ['a'] });
  assert.equal(left({ ...exported, a: at('passed') })?.milliseconds, 40);
  assert.deepEqual(left({ a: at('built'), b: at('building', 10) }), {
    milliseconds: 40,
    path: ['a'],
  });
  assert.equal(left({ a: at('testing', 10) })?.milliseconds, 30);
  assert.equal(left({ a: at('passed') })?.milliseconds, 10);
  assert.equal(left({ a: at('pushing', 9) })?.milliseconds, 1);
  assert.equal(left({}), undefined);
});

test('what takes longer than it did never has nothing left', () => {
  const run = runOf([image('a', { build: 100 })]);
  const left = (elapsed: number) =>
    remainingOf(run, standings({ a: at('building', elapsed) }))?.milliseconds;
  assert.deepEqual([0, 50, 95, 100, 1_000].map(left), [100, 50, 9.5, 10, 100]);
});

test('half of what remains is not known: nothing is said; less: it counts as the median', () => {
  const known = [image('a', { build: 10 }), image('b', { build: 20 }), image('c', { build: 90 })];
  const unknown = ['x', 'y', 'z'].map((name) => image(name, undefined));
  assert.equal(expectedDuration(runOf([...known, ...unknown])), undefined);
  assert.equal(expectedDuration(runOf([])), undefined);
  assert.equal(expectedDuration(runOf([...known, ...unknown.slice(1)], 1)), 160);
  assert.equal(expectedDuration(runOf([image('a', { publish: 3 })])), undefined);
});

test('this run is slower than those before: what remains is, too', () => {
  const all = standings({ b: at('waiting') });
  assert.equal(remainingOf(runOf(chain), all, 2)?.milliseconds, 100);
});

test('any run: never negative, never more than its work, and less once something is done', () => {
  const parts = fc.record({ build: fc.nat(1000), test: fc.nat(100), publish: fc.nat(100) });
  const parents = fc.array(fc.nat(), { maxLength: 3 });
  const images = fc.array(fc.tuple(parts, parents), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(images, fc.nat(19), fc.integer({ min: 1, max: 4 }), (drawn, done, places) => {
      const all = drawn.map(([expected, above], n) =>
        image(`i${n}`, expected, ...(n === 0 ? [] : above.map((each) => `i${each % n}`))),
      );
      const run = runOf(all, places);
      const whole = remainingOf(run, () => at('waiting'));
      const rest = remainingOf(run, (name) => (name === `i${done}` ? undefined : at('waiting')));
      const work = drawn.reduce((sum, [each]) => sum + each.build + each.test + each.publish, 0);
      assert.ok(whole !== undefined && whole.milliseconds >= 0 && whole.milliseconds <= work);
      assert.ok(rest === undefined || rest.milliseconds <= whole.milliseconds);
    }),
  );
});
