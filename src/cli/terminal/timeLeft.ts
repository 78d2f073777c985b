import {
  type ExpectedImage,
  type ExpectedRun,
  expectedWork,
  type Remaining,
  remainingOf,
  type Standing,
} from '#builder/durations/remaining.js';
import { duration } from '#builder/report/time.js';

/** How much of the work that was expected tells the pace of a run. */
const weight = 0.1;

/** Within this time, in milliseconds, the shown end of a run comes near to a new estimate. */
const inertia = 8_000;

/**
 * How long a run still takes, as it is shown: an end of the run that moves slowly, so that what is shown counts
 * down, and does not jump with each image.
 */
export class TimeLeft {
  readonly #run: ExpectedRun;
  readonly #images: ReadonlyMap<string, ExpectedImage>;
  readonly #prior: number;
  #spent = 0;
  #foreseen = 0;
  #end: { readonly time: number; readonly at: number } | undefined;

  constructor(run: ExpectedRun) {
    this.#run = run;
    this.#images = new Map(run.images.map((image) => [image.reference, image]));
    this.#prior = weight * expectedWork(run);
  }

  /** Whether an image is only tested and published. */
  isBuilt(reference: string): boolean {
    return this.#images.get(reference)?.isBuilt === true;
  }

  /** An image was built, in so many milliseconds: that tells how fast this run is. */
  noteBuilt(reference: string, milliseconds: number): void {
    const expected = this.#images.get(reference)?.expected?.build;
    if (expected !== undefined) {
      this.#spent += milliseconds;
      this.#foreseen += expected;
    }
  }

  /** What remains at a time, and how long that takes as it is shown; undefined: nobody knows. */
  at(
    now: number,
    standing: (reference: string) => Standing | undefined,
  ): (Remaining & { readonly shown: string }) | undefined {
    const prior = this.#prior;
    const foreseen = this.#foreseen + prior;
    const pace = foreseen === 0 ? 1 : (this.#spent + prior) / foreseen;
    const remaining = remainingOf(this.#run, standing, pace);
    if (remaining === undefined) {
      this.#end = undefined;
      return undefined;
    }
    const estimate = now + remaining.milliseconds;
    const { time, at } = this.#end ?? { time: estimate, at: now };
    const end = time + (estimate - time) * (1 - Math.exp(-Math.max(0, now - at) / inertia));
    this.#end = { time: end, at: now };
    return { ...remaining, shown: rough(end - now) };
  }
}

/** A time as exact as an estimate is: whole seconds, then steps of 5, then minutes; at least a second. */
export function rough(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 60) {
    return `${seconds}s`;
  }
  return duration(
    1000 * (seconds < 600 ? 5 * Math.round(seconds / 5) : 60 * Math.round(seconds / 60)),
  );
}
