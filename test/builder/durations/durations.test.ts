import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Durations,
  durationsText,
  type Measured,
  median,
  mergedDurations,
  readDurations,
  totalOf,
  typicalOf,
} from '#builder/durations/durations.js';

const day = (at: number): string => new Date(Date.UTC(2026, 10, at, 3)).toISOString();
const durationsOf = (all: Readonly<Record<string, readonly Measured[]>>): Durations =>
  new Map(Object.entries(all));

test('a file says what it is, and has a line a measurement', () => {
  const durations = durationsOf({
    'registry:5000/team/b': [{ ended: day(2), build: 1500, test: 20, publish: 300 }],
    'registry:5000/a': [
      { ended: day(3), publish: 4 },
      { ended: day(1), build: 0 },
    ],
  });
  const text = durationsText(durations);
  assert.equal(
    text,
    [
      'generate-bake durations 1',
      '# repository ended build-ms test-ms publish-ms',
      'registry:5000/a 2026-11-01T03:00:00.000Z 0 - -',
      'registry:5000/a 2026-11-03T03:00:00.000Z - - 4',
      'registry:5000/team/b 2026-11-02T03:00:00.000Z 1500 20 300',
      '',
    ].join('\n'),
  );
  const reading = readDurations(text);
  assert.ok(reading.kind === 'read');
  assert.deepEqual(reading.damaged, []);
  assert.deepEqual(new Map([...reading.durations].sort()), new Map([...durations].sort()));
});

test('an empty file has none, another file is not ours, and damaged lines are left out by number', () => {
  assert.deepEqual(readDurations('\n'), { kind: 'read', durations: new Map(), damaged: [] });
  for (const other of ['# Read me', '{"schema":1}', 'generate-bake durations 2\n', '\u0000']) {
    assert.deepEqual(readDurations(other), { kind: 'other' }, other);
  }
  const good = `r/a ${day(1)} 5 - -`;
  const bad = [
    `r/a ${day(1)} 5 -`,
    `r/a ${day(1)} -5 - -`,
    `r/a ${day(1)} 1e9 - -`,
    `r/a ${day(1)} 99999999999 - -`,
    `r/a yesterday 5 - -`,
    `r/a 2026-13-41T03:00:00.000Z 5 - -`,
    `r/\u001b[2J ${day(1)} 5 - -`,
    `r/a ${day(1)} 5 - - more`,
  ];
  const reading = readDurations(['generate-bake durations 1', good, ...bad, ''].join('\n'));
  assert.deepEqual(reading, {
    kind: 'read',
    durations: durationsOf({ 'r/a': [{ ended: day(1), build: 5 }] }),
    damaged: [3, 4, 5, 6, 7, 8, 9, 10],
  });
});

test('the last five of each part count, and the median of them is what is usual', () => {
  const builds = [9_000, 10, 20, 30, 40, 50].map((build, at) => ({ ended: day(at + 1), build }));
  // Runs that only published: they push no build out.
  const pushes = Array.from({ length: 7 }, (_, at) => ({ ended: day(at + 10), publish: at }));
  const durations = mergedDurations(durationsOf({ 'r/a': [...builds, ...pushes] }));
  assert.deepEqual(typicalOf(durations, 'r/a:7'), { build: 30, publish: 4 });
  assert.equal(durations.get('r/a')?.length, 10);
  assert.equal(totalOf(typicalOf(durations, 'r/a:7')), 34);
  assert.equal(totalOf({ publish: 3 }), undefined);
  assert.equal(typicalOf(durations, 'r/b:7'), undefined);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});

test('of two runs at once nothing is lost, in whatever order they are merged', () => {
  const measured = fc.record({
    ended: fc.integer({ min: 1, max: 12 }).map(day),
    build: fc.integer({ min: 0, max: 9 }),
  });
  const all = fc.dictionary(fc.constantFrom('r/a', 'r/b'), fc.array(measured, { maxLength: 3 }));
  fc.assert(
    fc.property(all, all, (one, other) => {
      const [a, b] = [durationsOf(one), durationsOf(other)].map((each) => mergedDurations(each));
      assert.ok(a && b);
      const text = durationsText(mergedDurations(a, b));
      assert.equal(durationsText(mergedDurations(b, a, a)), text);
      const reading = readDurations(text);
      assert.ok(reading.kind === 'read');
      assert.equal(durationsText(reading.durations), text);
    }),
  );
});

test('more repositories than fit: those that were not measured for longest are forgotten', () => {
  const many = Array.from(
    { length: 20_001 },
    (_, at) => [`r/i${at}`, [{ ended: day(at === 7 ? 1 : 2), build: 1 }]] as const,
  );
  const durations = mergedDurations(new Map(many));
  assert.equal(durations.size, 20_000);
  assert.equal(durations.has('r/i7'), false);
});
