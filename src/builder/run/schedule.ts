import { addTo } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import { type Part, type Placing, placingOf } from '../platforms/placing.js';
import type { Call, CallResult, Failure, Job, JobState, Limits } from './call.js';
import { inBuildingOrder } from './order.js';
import { Places } from './places.js';

/** So many calls at once, where the images of a build go in several. */
const maxCalls = 4;

/**
 * An image that takes longer, in milliseconds, has a call of its own on one of several builders: what a call costs is
 * little beside it, and what it would lose by the fault of another image is much.
 */
const longMs = 60_000;

/** A call that runs, with those of its images that are there already. */
interface RunningCall {
  readonly call: Call;
  readonly left: Set<Reference>;
}

const nothing: ReadonlySet<Reference> = new Set();

/**
 * Decides which images go into the next bake call. Pure bookkeeping: it runs nothing, so that every
 * order of failures can be tested (doc/dev/bake.md, Scale, Failure, Links across calls).
 *
 *     waiting ──► running ──► done
 *        ▲           │
 *        └─ cancelled┴──────► failed ──► descendants: skipped
 *
 * More images than one call may hold go in several. Which image goes in which is fixed beforehand,
 * as it is where nothing fails, so that a dry run tells the truth; a call starts as soon as the
 * parents of all its images are there, whatever else is still running. Where that takes long, those
 * that can start go ahead: one slow image holds up only what is built on it.
 *
 * On several builders a call takes as many images as its builder has places for, and each leaves its place as soon as
 * it is exported. An image for several platforms that no builder has all of is a call of its own, with a place on each of
 * its builders.
 */
export class Schedule {
  /** Parents before children, the longest path first: the order of building. */
  readonly #order: readonly Job[];
  readonly #jobs = new Map<Reference, Job>();
  readonly #children = new Map<Reference, Reference[]>();
  readonly #states = new Map<Reference, JobState>();
  readonly #attempts = new Map<Reference, number>();
  /** The form of an image's links, fixed by its first call. */
  readonly #links = new Map<Reference, ReadonlySet<Reference>>();
  /** Images whose call ended without a culprit: tried alone, so that it shows. */
  readonly #alone = new Set<Reference>();
  readonly #running = new Map<number, RunningCall>();
  /** The call that each image was meant for; absent for what waits again, and where there is one. */
  readonly #batches = new Map<Reference, number>();
  readonly #limits: Limits;
  readonly #places: Places;
  /** Whether the images go in several calls, of which some may run side by side. */
  readonly #several: boolean;
  /** Whether places are those of images; else of calls. */
  readonly #pooled: boolean;
  #callSize: number;
  #calls = 0;

  constructor(jobs: readonly Job[], limits: Limits, batches: 'fixed' | 'as-they-come' = 'fixed') {
    this.#limits = limits;
    this.#callSize = limits.callSize === 0 ? Number.POSITIVE_INFINITY : limits.callSize;
    for (const job of jobs) {
      this.#jobs.set(job.reference, job);
      this.#states.set(job.reference, { kind: 'waiting' });
      for (const parent of job.parents) {
        addTo(this.#children, parent, job.reference);
      }
    }
    this.#order = inBuildingOrder(jobs);
    this.#pooled = limits.builders > 1 || limits.staged === true;
    const fits = limits.jobs > 0 || !limits.seesLocalImages || jobs.length <= this.#callSize;
    this.#several = batches === 'fixed' && !fits;
    const hasCalls = this.#several || (limits.jobs === 0 && jobs.some(({ apart }) => apart));
    const calls = hasCalls ? maxCalls : Math.max(1, limits.jobs);
    this.#places = new Places(limits.builders, calls);
    if (this.#several) {
      this.#fixBatches(jobs, limits);
    }
  }

  #fixBatches(jobs: readonly Job[], limits: Limits): void {
    const trial = new Schedule(jobs, limits, 'as-they-come');
    for (let call = trial.next(); call !== undefined; call = trial.next()) {
      for (const target of call.targets) {
        this.#batches.set(target, call.id);
      }
      trial.end(call, { kind: 'ended', done: new Set(call.targets), failed: new Map() });
    }
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

  /** Whether an image waits for others, so that it helps to know early what is there. */
  get hasWaiting(): boolean {
    for (const { kind } of this.#states.values()) {
      if (kind === 'waiting') {
        return true;
      }
    }
    return false;
  }

  /** True when no image is waiting or running any more. */
  get finished(): boolean {
    for (const state of this.#states.values()) {
      if (state.kind === 'waiting' || state.kind === 'running') {
        return false;
      }
    }
    return true;
  }

  /**
   * The next call to start now, or undefined while a running one must end first (or all is done).
   * `impatient`: what can start does, without the rest of its batch.
   */
  next(impatient = false): Call | undefined {
    this.#places.keepNone();
    if (this.#places.best([]) === undefined) {
      return undefined;
    }
    for (const { call } of this.#running.values()) {
      if (call.targets.some((target) => this.#jobs.get(target)?.exclusive)) {
        return undefined;
      }
    }
    const waiting = this.#order.filter(({ reference }) => this.state(reference).kind === 'waiting');
    if (this.#pooled) {
      return this.#callOfPool(waiting);
    }
    if (!this.#several) {
      return this.#callOf(waiting);
    }
    const call = this.#nextBatch(waiting);
    // After failures no batch may ever be whole: what can start does, once nothing runs.
    if (call !== undefined || (!impatient && this.#running.size > 0)) {
      return call;
    }
    return this.#callOf(waiting);
  }

  /** The first batch whose images can all start, with what waits again. */
  #nextBatch(waiting: readonly Job[]): Call | undefined {
    const batches = new Map<number, Job[]>();
    const again: Job[] = [];
    for (const job of waiting) {
      const number = this.#batches.get(job.reference);
      if (number === undefined) {
        again.push(job);
      } else {
        addTo(batches, number, job);
      }
    }
    const room = this.#room();
    for (const [, batch] of [...batches].sort(([a], [b]) => a - b)) {
      const own = new Set(batch.map(({ reference }) => reference));
      const isReady = ({ parents }: Job): boolean =>
        parents.every((parent) => own.has(parent) || this.state(parent).kind === 'done');
      if (!batch.every(isReady)) {
        continue;
      }
      // It is built alone, and its turn has come: nothing else starts before it.
      if (batch.some(({ exclusive }) => exclusive) && this.#running.size > 0) {
        return undefined;
      }
      return batch.length > room ? undefined : this.#callOf([...batch, ...again]);
    }
    return this.#callOf(again);
  }

  /** How many images more may be under way. */
  #room(): number {
    let room = 2 * this.#callSize;
    for (const { kind } of this.#states.values()) {
      if (kind === 'running') {
        room--;
      }
    }
    return room;
  }

  #callOf(candidates: readonly Job[]): Call | undefined {
    const size = this.#limits.jobs > 0 ? 1 : Math.min(this.#callSize, this.#room());
    if (size < 1) {
      return undefined;
    }
    const batch = new Set<Reference>();
    const again = new Set<Reference>();
    for (const job of candidates) {
      const single = job.exclusive || this.#alone.has(job.reference);
      const isOwn = single || job.apart === true;
      if (!this.#mayJoin(job, batch, single) || (isOwn && batch.size > 0)) {
        continue;
      }
      const more = this.#ancestorsToRepeat(job, batch, again);
      // A single image goes in however many ancestors it keeps: otherwise it would never be built.
      if (batch.size > 0 && batch.size + again.size + more.size + 1 > size) {
        continue;
      }
      batch.add(job.reference);
      for (const ancestor of more) {
        again.add(ancestor);
      }
      if (isOwn || batch.size + again.size >= size) {
        break;
      }
    }
    return batch.size === 0 ? undefined : this.#start(batch, again);
  }

  /** What one of several builders takes next: images whose parents are there, and who need not travel. */
  #callOfPool(candidates: readonly Job[]): Call | undefined {
    const isSingle = ({ reference, exclusive }: Job): boolean =>
      exclusive || this.#alone.has(reference);
    const isLong = ({ milliseconds = 0, apart }: Job): boolean =>
      milliseconds > longMs || apart === true;
    const ready = candidates.filter((job) => this.#mayJoin(job, nothing, isSingle(job)));
    const found = this.#firstOfPool(ready);
    if (found === undefined) {
      return undefined;
    }
    const { first, builder, parts } = found;
    const batch = new Set([first.reference]);
    if (parts !== undefined) {
      return this.#start(batch, nothing, builder, parts);
    }
    if (!isSingle(first) && !isLong(first)) {
      const size = Math.min(this.#callSize, this.#places.share(builder, ready.length));
      for (const job of ready) {
        if (batch.size >= size) {
          break;
        }
        if (!isSingle(job) && !isLong(job) && this.#suits(builder, job)) {
          batch.add(job.reference);
        }
      }
    }
    return this.#start(batch, nothing, builder);
  }

  /** The first image for which its builders have places. What no builder that is left can build has failed. */
  #firstOfPool(ready: readonly Job[]) {
    for (const first of ready) {
      const placing = this.#placingOf(first);
      if (placing?.kind === 'nowhere') {
        const reason = `no builder that is left builds it for ${placing.platform}`;
        this.#fail([first.reference], { reason, tail: [] });
      } else if (placing?.kind === 'parts') {
        const { parts } = placing;
        const [{ builder } = { builder: 0 }] = parts;
        if (this.#places.mayTake(parts.map((part) => part.builder))) {
          return { first, builder, parts };
        }
      } else {
        const builder = this.#places.best(first.parents, placing?.builders);
        if (builder !== undefined) {
          return { first, builder };
        }
      }
    }
    return undefined;
  }

  /** Where an image may be built; undefined: on each of the builders. */
  #placingOf({ fit }: Job): Placing | undefined {
    const places = this.#places;
    return fit === undefined
      ? undefined
      : placingOf(
          fit,
          (builder) => places.isLost(builder),
          (builder) => places.load(builder),
        );
  }

  /** Whether a builder may take an image along: all of it, and none has more of what it needs. */
  #suits(builder: number, job: Job): boolean {
    const placing = this.#placingOf(job);
    return placing === undefined
      ? this.#places.suits(builder, job.parents)
      : placing.kind === 'whole' && this.#places.suits(builder, job.parents, placing.builders);
  }

  /** Whether its parents are built, or are in the batch, and nothing else is where it wants to be alone. */
  #mayJoin(job: Job, batch: ReadonlySet<Reference>, single: boolean): boolean {
    const isThere = (parent: Reference): boolean =>
      this.state(parent).kind === 'done' || batch.has(parent);
    return job.parents.every(isThere) && !(single && (batch.size > 0 || this.#running.size > 0));
  }

  /** On several builders: an image is exported, and others may take its place while it is put in staging. */
  exported(reference: Reference): void {
    if (this.state(reference).kind !== 'running') {
      return;
    }
    for (const { call, left } of this.#pooled ? this.#running.values() : []) {
      if (call.targets.includes(reference) && !left.has(reference)) {
        left.add(reference);
        this.#places.leave(call.builder, 1);
      }
    }
  }

  /** Records that an image is there, for its children too, while its call continues for others. */
  built(reference: Reference): void {
    if (this.state(reference).kind !== 'running') {
      return;
    }
    this.exported(reference);
    this.#states.set(reference, { kind: 'done' });
    for (const { call } of this.#pooled ? this.#running.values() : []) {
      if (call.targets.includes(reference)) {
        this.#places.made(call.builder, reference);
      }
    }
  }

  /** Records how a call ended. Images of it that neither finished nor failed wait again. */
  end(call: Call, result: CallResult): void {
    this.#leave(call, result.done);
    const fresh = call.targets.filter((target) => !call.again.has(target));
    const early = fresh.some((target) => this.state(target).kind === 'done');
    const asked = fresh.filter((target) => this.state(target).kind === 'running');
    // In two passes: a skipped parent skips its children even where it was finished itself.
    for (const target of asked) {
      this.#states.set(target, this.#waitingOrSkipped(target));
      this.#batches.delete(target);
    }
    for (const target of asked) {
      if (result.done.has(target)) {
        this.#states.set(target, { kind: 'done' });
      }
    }
    switch (result.kind) {
      case 'too-large':
        this.#callSize = Math.max(1, Math.floor(Math.min(this.#callSize, call.targets.length) / 2));
        if (call.targets.length <= 1) {
          this.#fail(asked, { reason: 'the engine cannot take even one target', tail: [] });
        }
        break;
      case 'stopped':
        break;
      case 'ended': {
        const anyFailed = this.#takeFailures(result.failed);
        if (!early && !anyFailed && !asked.some((target) => result.done.has(target))) {
          this.#splitForCulprit(asked);
        }
        break;
      }
    }
  }

  #leave(call: Call, done: ReadonlySet<Reference>): void {
    const left = this.#running.get(call.id)?.left ?? nothing;
    this.#running.delete(call.id);
    this.#places.leave(call.builder, this.#pooled ? call.targets.length - left.size : 1);
    const others = (call.parts ?? []).slice(1).map(({ builder }) => builder);
    for (const builder of others) {
      this.#places.leave(builder, 1);
    }
    for (const reference of done) {
      // What was there before may have travelled since.
      if (this.state(reference).kind === 'running') {
        this.#places.made(call.builder, reference);
        for (const builder of others) {
          this.#places.bring(builder, [reference]);
        }
      }
    }
  }

  /** Fails what has no try left; what has waits again. Whether any failure was of a waiting image. */
  #takeFailures(failures: ReadonlyMap<Reference, Failure>): boolean {
    let isOfWaiting = false;
    for (const [reference, failure] of failures) {
      if (this.state(reference).kind !== 'waiting') {
        continue;
      }
      isOfWaiting = true;
      const attempts = this.attempts(reference) + 1;
      this.#attempts.set(reference, attempts);
      if (!(failure.transient && attempts <= this.#limits.retries)) {
        this.#fail([reference], failure);
      }
    }
    return isOfWaiting;
  }

  /** No culprit and nothing done: the images are tried one by one until the culprit is alone. */
  #splitForCulprit(asked: readonly Reference[]): void {
    if (asked.length === 1) {
      this.#fail(asked, { reason: 'the build ended without giving a reason', tail: [] });
      return;
    }
    for (const target of asked) {
      this.#alone.add(target);
    }
  }

  /** A builder is gone: its calls are to be ended as stopped, and nothing more starts on it. */
  lose(builder: number): void {
    this.#places.lose(builder);
  }

  isLost(builder: number): boolean {
    return this.#places.isLost(builder);
  }

  /** Whether no builder is left. */
  get hasNone(): boolean {
    return this.#places.none;
  }

  /** Gives an image up from outside: its test failed, its layers are not its parent's. */
  reject(reference: Reference, reason: string): void {
    this.#fail([reference], { reason, tail: [] });
  }

  /** Builds a finished image again, its parents as image references this time. */
  repeatApart(reference: Reference): void {
    this.#links.set(reference, new Set());
    this.#states.set(reference, { kind: 'waiting' });
  }

  #start(
    batch: ReadonlySet<Reference>,
    again: ReadonlySet<Reference>,
    chosen?: number,
    parts?: readonly Part[],
  ): Call {
    const links = new Map<Reference, ReadonlySet<Reference>>();
    for (const reference of batch) {
      const fixed = this.#links.get(reference);
      const { parents = [], apart: isApart } = this.#jobs.get(reference) ?? {};
      const linked =
        fixed ??
        (isApart
          ? nothing
          : new Set(
              parents.filter((parent) => !this.#limits.seesLocalImages || batch.has(parent)),
            ));
      this.#links.set(reference, linked);
      links.set(reference, linked);
      this.#states.set(reference, { kind: 'running' });
    }
    for (const reference of again) {
      links.set(reference, this.#links.get(reference) ?? new Set());
    }
    const targets = this.#order
      .map((job) => job.reference)
      .filter((reference) => batch.has(reference) || again.has(reference));
    const needed = this.#parentsOf(batch);
    const builder = chosen ?? this.#places.best(needed);
    if (builder === undefined) {
      throw new Error('a call is started for which no builder has a place');
    }
    this.#places.take(builder, this.#pooled ? targets.length : 1, needed);
    for (const part of parts?.slice(1) ?? []) {
      this.#places.take(part.builder, 1, needed);
    }
    const call: Call = {
      id: ++this.#calls,
      builder,
      targets,
      again: new Set(again),
      links,
      ...(parts === undefined ? {} : { parts }),
    };
    this.#running.set(call.id, { call, left: new Set() });
    return call;
  }

  /** What a batch is built on, and does not hold itself. */
  #parentsOf(batch: ReadonlySet<Reference>): Reference[] {
    const parents = [...batch].flatMap((reference) => this.#jobs.get(reference)?.parents ?? []);
    return [...new Set(parents)].filter((parent) => !batch.has(parent));
  }

  /** The finished ancestors that must be in the call because links to them keep their form. */
  #ancestorsToRepeat(
    job: Job,
    batch: ReadonlySet<Reference>,
    again: ReadonlySet<Reference>,
  ): Set<Reference> {
    const found = new Set<Reference>();
    const visit = (reference: Reference): void => {
      const linked = this.#links.get(reference) ?? this.#linkedBeforehand(reference);
      for (const parent of linked) {
        if (batch.has(parent) || again.has(parent) || found.has(parent)) {
          continue;
        }
        found.add(parent);
        visit(parent);
      }
    };
    visit(job.reference);
    return found;
  }

  /** What an image will be linked to, whatever else is in its call. */
  #linkedBeforehand(reference: Reference): readonly Reference[] {
    const { apart: isApart, parents = [] } = this.#jobs.get(reference) ?? {};
    return this.#limits.seesLocalImages || isApart ? [] : parents;
  }

  /** A parent may have been rejected while its child was running. */
  #waitingOrSkipped(reference: Reference): JobState {
    for (const parent of this.#jobs.get(reference)?.parents ?? []) {
      const state = this.state(parent);
      if (state.kind === 'failed') {
        return { kind: 'skipped', parent };
      }
      if (state.kind === 'skipped') {
        return state;
      }
    }
    return { kind: 'waiting' };
  }

  #fail(
    references: readonly Reference[],
    { reason, tail, line }: Omit<Failure, 'transient'>,
  ): void {
    for (const reference of references) {
      const attempts = Math.max(1, this.#attempts.get(reference) ?? 1);
      this.#states.set(reference, {
        kind: 'failed',
        reason,
        attempts,
        tail,
        ...(line === undefined ? {} : { line }),
      });
      this.#skipDescendants(reference, reference);
    }
  }

  /** Through images that are running or done too: their waiting descendants must not be started. */
  #skipDescendants(reference: Reference, culprit: Reference): void {
    const seen = new Set<Reference>();
    const visit = (parent: Reference): void => {
      for (const child of this.#children.get(parent) ?? []) {
        if (seen.has(child)) {
          continue;
        }
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
