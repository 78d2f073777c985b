import { addTo } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import { median } from '../durations/durations.js';
import type { Job } from './call.js';

/**
 * Parents before children; of those that could be next, the one that begins the longest path first: by how
 * long images usually take, where that is known of any (others count as the median of those), else level by
 * level by the number of images.
 */
export function inBuildingOrder(jobs: readonly Job[]): Job[] {
  const known = jobs.flatMap(({ milliseconds }) => milliseconds ?? []);
  return known.length === 0 ? byLevels(jobs) : byPaths(jobs, median(known));
}

function byPaths(jobs: readonly Job[], unknown: number): Job[] {
  const children = new Map<Reference, Reference[]>();
  const paths = new Map<Reference, number>();
  for (const { reference, parents } of jobs) {
    for (const parent of parents) {
      addTo(children, parent, reference);
    }
  }
  const pathOf = (reference: Reference): number => paths.get(reference) ?? 0;
  for (const { reference, milliseconds = unknown } of byLevels(jobs).toReversed()) {
    const below = Math.max(0, ...(children.get(reference) ?? []).map(pathOf));
    // Never nothing, so that each path is longer than those below it: parents are before children.
    paths.set(reference, Math.max(1, milliseconds) + below);
  }
  return [...jobs].sort(
    (a, b) => pathOf(b.reference) - pathOf(a.reference) || (a.reference < b.reference ? -1 : 1),
  );
}

/** Level by level, and within a level the images with the longest chain below them first. */
function byLevels(jobs: readonly Job[]): Job[] {
  const byReference = new Map(jobs.map((job) => [job.reference, job]));
  const level = new Map<Reference, number>();
  const height = new Map<Reference, number>();
  const levelOf = (job: Job): number => {
    const known = level.get(job.reference);
    if (known !== undefined) {
      return known;
    }
    let highest = -1;
    for (const name of job.parents) {
      const parent = byReference.get(name);
      if (parent !== undefined) {
        highest = Math.max(highest, levelOf(parent));
      }
    }
    level.set(job.reference, highest + 1);
    return highest + 1;
  };
  for (const job of jobs) {
    levelOf(job);
  }
  const byLevel = [...jobs].sort((a, b) => levelOf(a) - levelOf(b));
  for (const job of byLevel.toReversed()) {
    const own = height.get(job.reference) ?? 0;
    for (const parent of job.parents) {
      height.set(parent, Math.max(height.get(parent) ?? 0, own + 1));
    }
  }
  return byLevel.sort(
    (a, b) =>
      levelOf(a) - levelOf(b) ||
      (height.get(b.reference) ?? 0) - (height.get(a.reference) ?? 0) ||
      (a.reference < b.reference ? -1 : 1),
  );
}
