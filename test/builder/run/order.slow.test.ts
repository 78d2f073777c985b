/** Simulated runs: whether building the longest path first, by earlier runs, takes less time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job, Limits } from '#builder/run/call.js';
import { Schedule } from '#builder/run/schedule.js';
import type { Reference } from '#core/reference/brands.js';

/** Numbers that are the same in every run, from 0 to 1 (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A tree of images as fleets have them: few roots, many leaves, and times of which few are long. */
function randomJobs(random: () => number): { readonly jobs: Job[]; readonly times: number[] } {
  const size = 20 + Math.floor(random() * 120);
  const times: number[] = [];
  const jobs = Array.from({ length: size }, (_, at): Job => {
    const time = Math.round(1_000 * Math.exp(3 * random() ** 2 + random()));
    times.push(time);
    const isRoot = at < 3 || random() < 0.2;
    const count = random() < 0.15 ? 2 : 1;
    const parents = isRoot
      ? []
      : Array.from({ length: count }, () => `i${Math.floor(at * random() ** 2)}`);
    // One in ten is new, and times differ from run to run.
    const measured = random() < 0.1 ? undefined : Math.round(time * (0.7 + 0.6 * random()));
    return {
      reference: `i${at}` as Reference,
      parents: [...new Set(parents)] as Reference[],
      exclusive: false,
      ...(measured === undefined ? {} : { milliseconds: measured }),
    };
  });
  return { jobs, times };
}

/** How long the schedule takes where each image takes its time, and nothing else does. */
function makespan(jobs: readonly Job[], times: readonly number[], limits: Limits): number {
  const schedule = new Schedule(jobs, limits);
  const timeOf = new Map(jobs.map(({ reference }, at) => [reference, times[at] ?? 0]));
  const running: { readonly end: number; readonly done: () => void }[] = [];
  let now = 0;
  for (;;) {
    for (let call = schedule.next(); call !== undefined; call = schedule.next()) {
      const started = call;
      const ends = new Map<Reference, number>();
      for (const target of started.targets) {
        const parents = [...(started.links.get(target) ?? [])].map((each) => ends.get(each) ?? now);
        ends.set(target, Math.max(now, ...parents) + (timeOf.get(target) ?? 0));
      }
      for (const [target, end] of ends) {
        running.push({ end, done: () => schedule.built(target) });
      }
      const done = new Set(started.targets);
      const result = { kind: 'ended', done, failed: new Map() } as const;
      running.push({ end: Math.max(...ends.values()), done: () => schedule.end(started, result) });
    }
    running.sort((a, b) => a.end - b.end);
    const first = running.shift();
    if (first === undefined) {
      assert.ok(schedule.finished);
      return now;
    }
    now = first.end;
    first.done();
  }
}

/** The ratios of the longest path first to the order without times: one a random tree. */
function ratios(limits: Limits): number[] {
  const random = seeded(17);
  return Array.from({ length: 200 }, () => {
    const { jobs, times } = randomJobs(random);
    const unknown = jobs.map(({ milliseconds: _, ...others }) => others);
    return makespan(jobs, times, limits) / makespan(unknown, times, limits);
  });
}

const limits: Limits = { callSize: 0, jobs: 0, retries: 0, builders: 1, seesLocalImages: true };

for (const [what, some] of [
  ['2 at once', { jobs: 2 }],
  ['4 at once', { jobs: 4 }],
  ['8 at once', { jobs: 8 }],
  ['calls of 10', { callSize: 10 }],
  ['calls of 40', { callSize: 40 }],
] as const) {
  test(`the longest path first is not slower in 200 random trees: ${what}`, (t) => {
    const all = ratios({ ...limits, ...some }).sort((a, b) => a - b);
    const mean = all.reduce((sum, ratio) => sum + ratio, 0) / all.length;
    const figures = [all[0], mean, all.at(-1)].map((ratio) => ratio?.toFixed(3));
    t.diagnostic(`ratio to the order without times: least, mean, most: ${figures.join(' ')}`);
    assert.ok(mean <= 1, `mean ${mean}`);
  });
}
