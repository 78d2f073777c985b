import type { Reference } from '#core/reference/brands.js';
import type { Fit, Part } from '../platforms/placing.js';

/** An image that is to be built. */
export interface Job {
  readonly reference: Reference;
  /** Its parents among the images to be built; every other parent exists already. */
  readonly parents: readonly Reference[];
  /** Built while nothing else is (configuration key `exclusive_images`). */
  readonly exclusive: boolean;
  /** Its parents are there before its call, which is its own: it is never linked; absent: it goes with others. */
  readonly apart?: true;
  /** How long building it usually takes, in milliseconds; absent: no run has measured it. */
  readonly milliseconds?: number;
  /** How several builders build it for its platforms; absent: each does as well as the others. */
  readonly fit?: Fit;
}

export interface Limits {
  /** Images in one call, linked ancestors counted; 0 for a builder without the stream limit. */
  readonly callSize: number;
  /** At most this many images are built at once on each builder, on one each in a call of its own; 0: no such bound. */
  readonly jobs: number;
  /** How many builders there are, from 1; of several `jobs` is at least 1. */
  readonly builders: number;
  /** Whether parents travel through staging though there is one builder: then it is scheduled as several are. */
  readonly staged?: true;
  /** How often an image is tried again after a transient fault. */
  readonly retries: number;
  /** Whether a builder sees local images (the docker driver does): else parents stay linked. */
  readonly seesLocalImages: boolean;
}

/** One bake call: what is requested, and which parents are linked rather than referred to. */
export interface Call {
  readonly id: number;
  /** Which of the builders runs it, from 0. */
  readonly builder: number;
  /** Parents first. Includes `again`. */
  readonly targets: readonly Reference[];
  /** Finished ancestors requested once more because a retry keeps the form of its links. */
  readonly again: ReadonlySet<Reference>;
  /** Child to the parents that are `target:` links in this call. */
  readonly links: ReadonlyMap<Reference, ReadonlySet<Reference>>;
  /** Of its only image, what each builder builds, that of the call first; absent: one builder builds all. */
  readonly parts?: readonly Part[];
}

export type CallResult =
  | {
      readonly kind: 'ended';
      /** Built and tagged, whatever became of the rest. */
      readonly done: ReadonlySet<Reference>;
      readonly failed: ReadonlyMap<Reference, Failure>;
    }
  /** The engine takes fewer targets in one call than were asked of it. */
  | { readonly kind: 'too-large'; readonly done: ReadonlySet<Reference> }
  /** Stopped from outside: nothing is held against the images that were not finished. */
  | { readonly kind: 'stopped'; readonly done: ReadonlySet<Reference> };

export interface Failure {
  readonly reason: string;
  readonly transient: boolean;
  /** The last lines of what failed. */
  readonly tail: readonly string[];
  /** The line of the rendered Dockerfile, from 1, where it is known. */
  readonly line?: number;
}

export type JobState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly attempts: number;
      readonly tail: readonly string[];
      readonly line?: number;
    }
  | { readonly kind: 'skipped'; readonly parent: Reference };
