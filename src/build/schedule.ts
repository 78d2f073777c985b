import type { Reference } from '../reference/brands.js';
import { inBuildingOrder } from './order.js';

/**
 * Decides which images go into the next bake call. Pure bookkeeping: it runs nothing, so that every
 * order of failures can be tested (docs/bake.md, Scale, Failure, Links across calls).
 *
 *     waiting ──► running ──► done
 *        ▲           │
 *        └─ cancelled┴──────► failed ──► descendants: skipped
 */

/** An image that is to be built. */
export interface Job {
  readonly reference: Reference;
  /** Its parents among the images to be built; every other parent is there already. */
  readonly parents: readonly Reference[];
  /** Built while nothing else is (configuration key `exclusive_images`). */
  readonly exclusive: boolean;
}

export interface Limits {
  /** Images in one call, linked ancestors counted; 0 for a builder without the stream limit. */
  readonly callSize: number;
  /** At most this many images are built at once, each in a call of its own; 0: no such bound. */
  readonly jobs: number;
  /** How often an image is tried again after a transient fault. */
  readonly retries: number;
  /** Whether a builder sees local images (the docker driver does): else parents stay linked. */
  readonly seesLocalImages: boolean;
}

/** One bake call: what is requested, and which parents are linked rather than referred to. */
export interface Call {
  readonly id: number;
  /** Parents first. Includes `again`. */
  readonly targets: readonly Reference[];
  /** Finished ancestors requested once more because a retry keeps the form of its links. */
  readonly again: ReadonlySet<Reference>;
  /** Child to the parents that are `target:` links in this call. */
  readonly links: ReadonlyMap<Reference, ReadonlySet<Reference>>;
}

export type CallResult =
  | {
      readonly kind: 'ended';
      /** Built and tagged, whatever became of the rest. */
      readonly done: ReadonlySet<Reference>;
      readonly failed: ReadonlyMap<Reference, Failure>;
    }
  /** The engine takes fewer targets in one call than were asked of it. */
  | { readonly kind: 'too-large' }
  /** Stopped from outside: nothing is held against the images that were not finished. */
  | { readonly kind: 'stopped'; readonly done: ReadonlySet<Reference> };

export interface Failure {
  readonly reason: string;
  readonly transient: boolean;
  /** The last lines of what failed. */
  readonly tail: readonly string[];
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
    }
  | { readonly kind: 'skipped'; readonly parent: Reference };

export class Schedule {
  /** Parents before children, the images that most depend on first: the order of building. */
  readonly #order: readonly Job[];
  readonly #jobs = new Map<Reference, Job>();
  readonly #children = new Map<Reference, Reference[]>();
  readonly #states = new Map<Reference, JobState>();
  readonly #attempts = new Map<Reference, number>();
  /** The form of an image's links, fixed by its first call. */
  readonly #links = new Map<Reference, ReadonlySet<Reference>>();
  /** Images whose call ended without a culprit: tried alone, so that it shows. */
  readonly #alone = new Set<Reference>();
  readonly #running = new Map<number, Call>();
  readonly #limits: Limits;
  #callSize: number;
  #calls = 0;

  constructor(jobs: readonly Job[], limits: Limits) {
    this.#limits = limits;
    this.#callSize = limits.callSize === 0 ? Number.POSITIVE_INFINITY : limits.callSize;
    for (const job of jobs) {
      this.#jobs.set(job.reference, job);
      this.#states.set(job.reference, { kind: 'waiting' });
      for (const parent of job.parents) {
        const siblings = this.#children.get(parent);
        if (siblings === undefined) this.#children.set(parent, [job.reference]);
        else siblings.push(job.reference);
      }
    }
    this.#order = inBuildingOrder(jobs);
  }

  state(reference: Reference): JobState {
    return this.#states.get(reference) ?? { kind: 'done' };
  }

  /** How often an image has failed so far. */
  attempts(reference: Reference): number {
    return this.#attempts.get(reference) ?? 0;
  }

  /** How many images one call may hold now: halves when the engine says that it was too many. */
  get callSize(): number {
    return this.#callSize;
  }

  /** True when no image is waiting or running any more. */
  get finished(): boolean {
    for (const state of this.#states.values()) {
      if (state.kind === 'waiting' || state.kind === 'running') return false;
    }
    return true;
  }

  /** The next call to start now, or undefined while a running one must end first (or all is done). */
  next(): Call | undefined {
    if (this.#running.size >= Math.max(1, this.#limits.jobs)) return undefined;
    for (const call of this.#running.values()) {
      if (call.targets.some((target) => this.#jobs.get(target)?.exclusive)) return undefined;
    }
    const size = this.#limits.jobs > 0 ? 1 : this.#callSize;
    const batch = new Set<Reference>();
    const again = new Set<Reference>();
    for (const job of this.#order) {
      if (this.state(job.reference).kind !== 'waiting') continue;
      if (!job.parents.every((parent) => this.state(parent).kind === 'done' || batch.has(parent))) {
        continue;
      }
      const single = job.exclusive || this.#alone.has(job.reference);
      if (single && (batch.size > 0 || this.#running.size > 0)) continue;
      const more = this.#ancestorsToRepeat(job, batch, again);
      // A single image goes in however many ancestors it keeps: otherwise it would never be built.
      if (batch.size > 0 && batch.size + again.size + more.size + 1 > size) continue;
      batch.add(job.reference);
      for (const ancestor of more) again.add(ancestor);
      if (single || batch.size + again.size >= size) break;
    }
    if (batch.size === 0) return undefined;
    return this.#start(batch, again);
  }

  /** Records how a call ended. Images of it that neither finished nor failed wait again. */
  end(call: Call, result: CallResult): void {
    this.#running.delete(call.id);
    const asked = call.targets.filter((target) => !call.again.has(target));
    for (const target of asked) this.#states.set(target, this.#waitingOrSkipped(target));
    if (result.kind === 'too-large') {
      this.#callSize = Math.max(1, Math.floor(Math.min(this.#callSize, call.targets.length) / 2));
      if (call.targets.length <= 1) this.#fail(asked, 'the engine takes not even one target');
      return;
    }
    for (const target of asked) {
      if (result.done.has(target)) this.#states.set(target, { kind: 'done' });
    }
    if (result.kind === 'stopped') return;
    let progress = asked.some((target) => result.done.has(target));
    for (const [reference, failure] of result.failed) {
      if (this.state(reference).kind !== 'waiting') continue;
      progress = true;
      const attempts = (this.#attempts.get(reference) ?? 0) + 1;
      this.#attempts.set(reference, attempts);
      if (!(failure.transient && attempts <= this.#limits.retries)) {
        this.#fail([reference], failure.reason, failure.tail);
      }
    }
    if (progress) return;
    // No culprit and nothing done: a call of several is split until the culprit stands alone.
    if (asked.length === 1) this.#fail(asked, 'the build ended without saying why');
    else for (const target of asked) this.#alone.add(target);
  }

  /** Gives an image up from outside: its test failed, its layers are not its parent's. */
  reject(reference: Reference, reason: string): void {
    this.#fail([reference], reason);
  }

  /** Builds a finished image again, its parents as image references this time. */
  repeatApart(reference: Reference): void {
    this.#links.set(reference, new Set());
    this.#states.set(reference, { kind: 'waiting' });
  }

  #start(batch: ReadonlySet<Reference>, again: ReadonlySet<Reference>): Call {
    const links = new Map<Reference, ReadonlySet<Reference>>();
    for (const reference of batch) {
      const fixed = this.#links.get(reference);
      const parents = this.#jobs.get(reference)?.parents ?? [];
      const linked =
        fixed ??
        new Set(parents.filter((parent) => !this.#limits.seesLocalImages || batch.has(parent)));
      this.#links.set(reference, linked);
      links.set(reference, linked);
      this.#states.set(reference, { kind: 'running' });
    }
    for (const reference of again) links.set(reference, this.#links.get(reference) ?? new Set());
    const targets = this.#order
      .map((job) => job.reference)
      .filter((reference) => batch.has(reference) || again.has(reference));
    const call: Call = { id: ++this.#calls, targets, again: new Set(again), links };
    this.#running.set(call.id, call);
    return call;
  }

  /** The finished ancestors that must stand in the call because links to them keep their form. */
  #ancestorsToRepeat(
    job: Job,
    batch: ReadonlySet<Reference>,
    again: ReadonlySet<Reference>,
  ): Set<Reference> {
    const found = new Set<Reference>();
    const visit = (reference: Reference): void => {
      const linked =
        this.#links.get(reference) ??
        (this.#limits.seesLocalImages ? [] : (this.#jobs.get(reference)?.parents ?? []));
      for (const parent of linked) {
        if (batch.has(parent) || again.has(parent) || found.has(parent)) continue;
        found.add(parent);
        visit(parent);
      }
    };
    visit(job.reference);
    return found;
  }

  /** A parent may have been rejected while its child was running. */
  #waitingOrSkipped(reference: Reference): JobState {
    for (const parent of this.#jobs.get(reference)?.parents ?? []) {
      const state = this.state(parent);
      if (state.kind === 'failed') return { kind: 'skipped', parent };
      if (state.kind === 'skipped') return state;
    }
    return { kind: 'waiting' };
  }

  #fail(references: readonly Reference[], reason: string, tail: readonly string[] = []): void {
    for (const reference of references) {
      const attempts = Math.max(1, this.#attempts.get(reference) ?? 1);
      this.#states.set(reference, { kind: 'failed', reason, attempts, tail });
      this.#skipDescendants(reference, reference);
    }
  }

  /** Through images that are running or done too: their waiting descendants must not be started. */
  #skipDescendants(reference: Reference, culprit: Reference): void {
    const seen = new Set<Reference>();
    const visit = (parent: Reference): void => {
      for (const child of this.#children.get(parent) ?? []) {
        if (seen.has(child)) continue;
        seen.add(child);
        if (this.state(child).kind === 'waiting') {
          this.#states.set(child, { kind: 'skipped', parent: culprit });
        }
        visit(child);
      }
    };
    visit(reference);
  }
}
