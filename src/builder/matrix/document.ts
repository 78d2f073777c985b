import { randomBytes } from 'node:crypto';
import type { Digest, Reference } from '#core/reference/brands.js';
import { type MatrixImage, partition } from './partition.js';

/** The build cut into jobs for the machines of a CI system: what `matrix --format json` prints, and `build --matrix` reads. */
export interface Matrix {
  readonly schema: 1;
  /** In the names of what its jobs stage: no other matrix takes it, and nobody can foresee it. */
  readonly id: string;
  /** How long it takes, in milliseconds, where each stage waits for the one before. */
  readonly milliseconds: number;
  readonly stages: number;
  readonly jobs: readonly MatrixJob[];
}

export interface MatrixJob {
  /** `3/16`. */
  readonly job: string;
  /** From 1. */
  readonly stage: number;
  /** The jobs that build parents of its images, all of earlier stages. */
  readonly needs: readonly string[];
  readonly milliseconds: number;
  /** Parents first. */
  readonly images: readonly MatrixedImage[];
}

/** One of the jobs that a build is cut into. */
export interface JobWish {
  readonly matrix: Matrix;
  /** `3/16`; `publish`: the one that publishes what the others have made. */
  readonly name: string;
}

interface MatrixedImage {
  readonly reference: Reference;
  /** What the image was made of when the matrix was: a job builds nothing else. */
  readonly definition: Digest;
}

/**
 * Cuts images into at most `most` jobs.
 *
 * @param images parents before children, each once
 */
export function matrixOf(
  images: readonly MatrixImage[],
  definitions: ReadonlyMap<Reference, Digest>,
  most: number,
): Matrix {
  const { jobs, stages, milliseconds } = partition(images, most);
  const nameOf = (at: number): string => `${at + 1}/${jobs.length}`;
  return {
    schema: 1,
    id: randomBytes(8).toString('hex'),
    milliseconds,
    stages: images.length === 0 ? 0 : stages,
    jobs: jobs.map((job, at) => ({
      job: nameOf(at),
      stage: job.stage + 1,
      needs: job.needs.map(nameOf),
      milliseconds: job.milliseconds,
      images: job.images.flatMap((name) => {
        const reference = name as Reference;
        const definition = definitions.get(reference);
        return definition === undefined ? [] : [{ reference, definition }];
      }),
    })),
  };
}

export type MatrixReading =
  | { readonly kind: 'read'; readonly matrix: Matrix }
  /** A clause. */
  | { readonly kind: 'wrong'; readonly reason: string };

/** Reads what `matrix --format json` printed. */
export function readMatrix(text: string): MatrixReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'wrong', reason: 'it is not JSON' };
  }
  return isMatrix(value)
    ? { kind: 'read', matrix: value }
    : { kind: 'wrong', reason: 'it is not a matrix of this version of generate-bake' };
}

function isMatrix(value: unknown): value is Matrix {
  if (!isRecord(value) || value.schema !== 1 || !isList(value.jobs)) {
    return false;
  }
  const { id, stages, milliseconds, jobs } = value;
  return (
    typeof id === 'string' &&
    /^[0-9a-f]{16}$/.test(id) &&
    isCount(stages) &&
    isCount(milliseconds) &&
    jobs.every((job, at) => isJob(job, `${at + 1}/${jobs.length}`)) &&
    fitTogether(jobs as Matrix['jobs'])
  );
}

/** Whether each image is in one job, and each job needs those of earlier stages alone. */
function fitTogether(jobs: Matrix['jobs']): boolean {
  const images = jobs.flatMap((job) => job.images.map(({ reference }) => reference));
  const stages = new Map(jobs.map(({ job, stage }) => [job, stage]));
  return (
    new Set(images).size === images.length &&
    jobs.every(({ needs, stage }) => needs.every((need) => (stages.get(need) ?? stage) < stage))
  );
}

function isJob(value: unknown, name: string): boolean {
  return (
    isRecord(value) &&
    value.job === name &&
    isCount(value.stage) &&
    isCount(value.milliseconds) &&
    isList(value.needs) &&
    value.needs.every((one) => typeof one === 'string') &&
    isList(value.images) &&
    value.images.every(
      (image) =>
        isRecord(image) &&
        typeof image.reference === 'string' &&
        typeof image.definition === 'string',
    )
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}
