import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type MatrixImage, partition } from '#builder/matrix/partition.js';

const image = (
  reference: string,
  milliseconds: number | undefined,
  ...parents: string[]
): MatrixImage => ({ reference, parents, milliseconds });
const many = (count: number, milliseconds: number, ...parents: string[]): MatrixImage[] =>
  Array.from({ length: count }, (_, at) => image(`i${at}`, milliseconds, ...parents));
const jobsOf = (images: readonly MatrixImage[], most: number) =>
  partition(images, most).jobs.map(({ images: own, needs }) => [own, needs]);

/** Any forest of several parents; some images are unmeasured, and some have a parent outside. */
const graphs = fc
  .array(
    fc.record({
      above: fc.array(fc.nat(), { maxLength: 3 }),
      milliseconds: fc.option(fc.nat(100_000), { nil: undefined }),
      isRoot: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((all) =>
    all.map(({ above, milliseconds, isRoot }, at) =>
      image(
        `i${at}`,
        milliseconds,
        'outside',
        ...(at === 0 || isRoot ? [] : above.map((one) => `i${one % at}`)),
      ),
    ),
  );

test('every image is in one job, after its parents, which are in its job or in those that it needs', () => {
  fc.assert(
    fc.property(graphs, fc.integer({ min: 1, max: 25 }), (images, most) => {
      const { jobs, stages, milliseconds } = partition(images, most);
      assert.ok(jobs.length <= most);
      const all = jobs.flatMap((job) => job.images);
      assert.deepEqual([...all].sort(), images.map(({ reference }) => reference).sort());
      const jobOf = new Map(jobs.flatMap((job, at) => job.images.map((one) => [one, at])));
      for (const [at, job] of jobs.entries()) {
        assert.ok(job.images.length > 0);
        const needed = new Set<number>();
        for (const { reference, parents } of images.filter(
          (one) => jobOf.get(one.reference) === at,
        )) {
          for (const parent of parents) {
            const other = jobOf.get(parent);
            if (other === at) {
              assert.ok(job.images.indexOf(parent) < job.images.indexOf(reference));
            } else if (other !== undefined) {
              needed.add(other);
            }
          }
        }
        assert.deepEqual(
          job.needs,
          [...needed].sort((a, b) => a - b),
        );
        // Which rules out a cycle between jobs.
        assert.ok(job.needs.every((need) => (jobs[need]?.stage ?? job.stage) < job.stage));
      }
      const slowest = Array.from({ length: stages }, (_, stage) =>
        Math.max(...jobs.filter((job) => job.stage === stage).map((job) => job.milliseconds)),
      );
      assert.equal(
        milliseconds,
        slowest.reduce((sum, each) => sum + each, 0),
      );
    }),
  );
});

test('no partition is faster than its longest chain or its work on all machines, or slower than one job', () => {
  fc.assert(
    fc.property(graphs, fc.integer({ min: 1, max: 25 }), (given, most) => {
      const images = given.map((one) => ({
        ...one,
        milliseconds: Math.max(1, one.milliseconds ?? 7),
      }));
      const ends = new Map<string, number>();
      for (const { reference, parents, milliseconds } of images) {
        const above = Math.max(0, ...parents.map((parent) => ends.get(parent) ?? 0));
        ends.set(reference, above + milliseconds);
      }
      const work = images.reduce((sum, one) => sum + one.milliseconds, 0);
      const { milliseconds } = partition(images, most);
      assert.ok(milliseconds >= Math.max(0, ...ends.values()));
      assert.ok(milliseconds * most >= work);
      assert.ok(milliseconds <= work);
    }),
  );
});

test('the order of what is not linked changes nothing but the order', () => {
  const images = [image('a', 30), image('b', 20), image('c', 10)];
  const sorted = (given: readonly MatrixImage[]) =>
    jobsOf(given, 2).map(([own]) => [...(own ?? [])].sort());
  assert.deepEqual(sorted(images.toReversed()), sorted(images));
});

test('what is not linked is shared without stages, the longest first', () => {
  const images = [image('a', 40), image('b', 30), image('c', 30), image('d', 20)];
  assert.deepEqual(jobsOf(images, 2), [
    [['a', 'd'], []],
    [['b', 'c'], []],
  ]);
});

test('linked images stay together where that is balanced', () => {
  const images = [image('a', 10), image('b', 10), image('aa', 50, 'a'), image('bb', 50, 'b')];
  assert.deepEqual(jobsOf(images, 2), [
    [['a', 'aa'], []],
    [['b', 'bb'], []],
  ]);
});

test('one base of many images is a stage of its own, and the rest shares what jobs are left', () => {
  const found = partition([image('base', 10), ...many(40, 10, 'base')], 5);
  assert.equal(found.stages, 2);
  assert.deepEqual(
    found.jobs.map((job) => [job.images.length, job.needs, job.milliseconds]),
    [[1, [], 10], ...Array.from({ length: 4 }, () => [10, [0], 100])],
  );
  assert.equal(found.milliseconds, 110);
});

test('what needs nothing is in the first stage, where that takes no longer', () => {
  // Alone in a job, or beside others: there is room for it.
  const apart = [image('base', 10), image('other', 10), ...many(5, 10, 'base')];
  assert.deepEqual(
    partition(apart, 20).jobs.map(({ images, stage }) => [images, stage]),
    [[['base'], 0], [['other'], 0], ...Array.from({ length: 5 }, (_, at) => [[`i${at}`], 1])],
  );
  const beside = [
    image('long', 30),
    image('short', 10),
    image('other', 20),
    ...['a', 'b', 'c'].flatMap((name) => [
      image(`${name}-long`, 30, 'long'),
      image(`${name}-short`, 30, 'short'),
    ]),
  ];
  const { jobs, milliseconds } = partition(beside, 6);
  assert.deepEqual(
    jobs.filter(({ stage }) => stage === 0).map(({ images }) => images),
    [['long'], ['short', 'other']],
  );
  assert.equal(milliseconds, 30 + 60);
  // The slowest of all, too, since it then waits for nothing.
  const slow = [image('base', 10), image('slow', 100), ...many(10, 10, 'base')];
  assert.equal(partition(slow, 20).jobs.find(({ images }) => images.includes('slow'))?.stage, 0);
  // Unless the whole would take longer, as the few machines of the second stage share it.
  const few = [image('base', 1), image('other', 1), ...many(5, 1, 'base')];
  const three = partition(few, 4);
  assert.equal(three.milliseconds, 3);
});

test('a job that needs none waits for a stage only where it would make that longer', () => {
  fc.assert(
    fc.property(graphs, fc.integer({ min: 1, max: 25 }), (images, most) => {
      const { jobs } = partition(images, most);
      const early = jobs.filter(({ stage }) => stage === 0).map((job) => job.milliseconds);
      for (const { needs, stage, milliseconds } of jobs) {
        assert.ok(needs.length > 0 || stage === 0 || milliseconds > Math.max(...early));
      }
    }),
  );
});

test('a chain is never cut: that would win nothing', () => {
  const chain = [image('a', 10), image('b', 10, 'a'), image('c', 10, 'b')];
  assert.deepEqual(jobsOf(chain, 20), [[['a', 'b', 'c'], []]]);
});

test('what nobody measured counts as the median of what was; nothing known: by number', () => {
  const some = [image('a', 100), image('b', undefined), image('c', 100), image('d', undefined)];
  assert.deepEqual(
    partition(some, 2).jobs.map(({ milliseconds }) => milliseconds),
    [200, 200],
  );
  const none = ['a', 'b', 'c', 'd'].map((name) => image(name, undefined));
  assert.deepEqual(
    partition(none, 2).jobs.map((job) => job.images.length),
    [2, 2],
  );
});

test('nothing to build is no job', () => {
  assert.deepEqual(partition([], 20), { jobs: [], stages: 0, milliseconds: 0 });
});
