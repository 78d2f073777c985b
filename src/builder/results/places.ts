import type { Reference } from '#core/reference/brands.js';
import type { PlaceOf } from '#fleet/status/gather.js';
import type { JobWish, Matrix } from '../matrix/document.js';
import type { StagingRepository } from '../staging/repository.js';

/** Where the images of a matrix are asked for by one of its jobs. What another job makes, this one never does. */
export function placesOf({ matrix, name }: JobWish, results: StagingRepository): PlaceOf {
  const jobs = jobsOfImages(matrix);
  return (reference) => {
    const job = jobs.get(reference);
    if (job === undefined) {
      return undefined;
    }
    const missing = `job ${job} of the matrix has not made it`;
    const place = { access: results.access, ...results.placeOf(reference) };
    return job === name ? place : { ...place, missing };
  };
}

/** The job that makes each image. */
export function jobsOfImages({ jobs }: Matrix): ReadonlyMap<Reference, string> {
  return new Map(
    jobs.flatMap(({ job, images }) => images.map(({ reference }) => [reference, job] as const)),
  );
}
