import type { Reference } from '#core/reference/brands.js';
import type { PlaceOf } from '#fleet/status/gather.js';
import type { JobWish, Matrix } from '../matrix/document.js';
import type { StagingRepository } from '../staging/repository.js';

/**
 * Where the images of a matrix are asked for by one of its jobs. What another job makes, this one never does; nor does it make
 * what no job does: two would, each another image.
 */
export function placesOf({ matrix, name }: JobWish, results: StagingRepository): PlaceOf {
  const jobs = jobsOfImages(matrix);
  const definitions = new Map(
    matrix.jobs.flatMap(({ images }) =>
      images.map(({ reference, definition }) => [reference, definition] as const),
    ),
  );
  return (reference) => {
    const job = jobs.get(reference);
    const definition = definitions.get(reference);
    if (job === undefined || definition === undefined) {
      return { missing: notMade };
    }
    const missing = `job ${job} of the matrix has not made it`;
    const staged = { access: results.access, ...results.placeOf(reference), definition };
    return job === name ? { staged } : { staged, missing };
  };
}

const notMade =
  'it is not published, and no job of the matrix makes it: cut the matrix with --unpublished or --with-parents';

/** The job that makes each image. */
export function jobsOfImages({ jobs }: Matrix): ReadonlyMap<Reference, string> {
  return new Map(
    jobs.flatMap(({ job, images }) => images.map(({ reference }) => [reference, job] as const)),
  );
}
