/**
 * How good the order of building is, without machines: `npm run simulate`. Drives the schedule itself on
 * trees of the real tree's shape, with generated durations, and prints how long the run takes as a ratio to
 * what no order can be better than. `npm run simulate -- --images 136,1000 --builders 1,8 --jobs 4 --json`.
 * It judges nothing. The last columns are the same images as a matrix of as many jobs, each of which builds one image after
 * the other, to the bound of as many machines that do.
 */

import { partition } from '#builder/matrix/partition.js';
import type { Job } from '#builder/run/call.js';
import type { Reference } from '#core/reference/brands.js';
import { seeded } from './random.js';
import { shape } from './shape.js';
import { lowerBound, type Machines, simulate } from './simulation.js';

const usage =
  'usage: npm run simulate -- [--images N,...] [--builders N,...] [--jobs N] [--json]\n' +
  '  N from 1; at most 100000 images, 200 builders, 64 jobs a builder';
const options = { images: [136, 1_000, 10_000], builders: [1, 8, 64, 200], jobs: [4] };
const most = { images: 100_000, builders: 200, jobs: 64 };
const words = process.argv.slice(2);
const isJson = words.includes('--json');
readOptions(words.filter((word) => word !== '--json'));

const rows = options.images.flatMap((images) => {
  const jobs = generatedJobs(images);
  return options.builders.map((builders) => {
    process.stderr.write(`${images} images on ${builders} builders\n`);
    return row(jobs, builders, options.jobs[0] ?? 1);
  });
});
console.log(isJson ? JSON.stringify(rows, undefined, 2) : table());

function row(jobs: readonly Job[], builders: number, perBuilder: number) {
  const random = seeded(jobs.length + builders);
  const ideal: Machines = {
    builders,
    jobs: perBuilder,
    callMs: 0,
    transferMs: 0,
    fails: () => false,
  };
  const without = simulate(jobs, ideal);
  const withOverhead = simulate(jobs, {
    ...ideal,
    callMs: 500,
    transferMs: 2_000,
    fails: () => random(200) === 0,
  });
  return {
    images: jobs.length,
    builders,
    places: builders * perBuilder,
    boundMs: Math.round(without.bound),
    withoutOverhead: { makespanMs: without.makespan, ratio: without.makespan / without.bound },
    withOverhead: {
      makespanMs: withOverhead.makespan,
      ratio: withOverhead.makespan / withOverhead.bound,
      calls: withOverhead.calls,
      transfers: withOverhead.transfers,
      failures: withOverhead.retries,
      unbuilt: withOverhead.unbuilt,
    },
    matrix: asMatrix(jobs, builders),
  };
}

/** The images cut into jobs of CI, stage by stage. */
function asMatrix(images: readonly Job[], most: number) {
  const begun = performance.now();
  const { jobs, stages, milliseconds } = partition(
    images.map((job) => ({ ...job, milliseconds: job.milliseconds })),
    most,
  );
  return {
    jobs: jobs.length,
    stages,
    makespanMs: milliseconds,
    ratio: milliseconds / lowerBound(images, most),
    cutInMs: Math.round(performance.now() - begun),
  };
}

/** Few take long, most do not: from 5 seconds to about 5 minutes. */
function generatedJobs(count: number): Job[] {
  const random = seeded(count);
  return shape(count, [['images', count]]).map(({ name, parents }) => ({
    reference: `${name}:1` as Reference,
    parents: parents.map((parent) => `${parent.name}:1` as Reference),
    exclusive: false,
    milliseconds: Math.round(
      5_000 * Math.exp(3 * (random(1_000) / 1_000) ** 2 + random(1_000) / 1_000),
    ),
  }));
}

function table(): string {
  const heads = [
    'images',
    'builders',
    'places',
    'bound',
    'without overhead',
    'with',
    'transfers',
    'failures',
    'unbuilt',
    'jobs',
    'stages',
    'as a matrix',
    'cut in',
  ];
  const lines = rows.map(({ withoutOverhead: ideal, withOverhead: real, matrix, ...each }) => [
    each.images,
    each.builders,
    each.places,
    `${Math.round(each.boundMs / 1_000)} s`,
    ideal.ratio.toFixed(3),
    real.ratio.toFixed(3),
    real.transfers,
    real.failures,
    real.unbuilt,
    matrix.jobs,
    matrix.stages,
    matrix.ratio.toFixed(3),
    `${matrix.cutInMs} ms`,
  ]);
  return [heads, heads.map(() => '--:'), ...lines]
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
}

function readOptions(given: readonly string[]): void {
  for (let at = 0; at < given.length; at += 2) {
    const name = given[at]?.replace(/^--/, '');
    const values = (given[at + 1] ?? '').split(',').map(Number);
    const isKnown = name === 'images' || name === 'builders' || name === 'jobs';
    const isNamed = given[at]?.startsWith('--') === true;
    if (!isNamed || !isKnown || (name === 'jobs' && values.length > 1)) {
      refuse();
    } else if (
      values.some((value) => !Number.isInteger(value) || value < 1 || value > most[name])
    ) {
      refuse();
    } else {
      options[name] = values;
    }
  }
}

function refuse(): never {
  console.error(usage);
  process.exit(2);
}
