import type { Reference } from '#core/reference/brands.js';
import type { Job } from './call.js';

/** Level by level, and within a level the images with the longest chain below them first. */
export function inBuildingOrder(jobs: readonly Job[]): Job[] {
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
