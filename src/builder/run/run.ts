import { setMaxListeners } from 'node:events';
import { type BakeResult, bake } from '#adapters/docker/bake.js';
import { type LocalImage, tagImage } from '#adapters/docker/images.js';
import type { StepTracker } from '#adapters/docker/steps.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { hasErrors } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Layered } from '#fleet/status/builtOn.js';
import { localOutside } from '#fleet/status/prepare.js';
import type { Part } from '../platforms/placing.js';
import type { Staged } from '../publish/push.js';
import type { Refusal } from '../refusal.js';
import type { Listener } from '../report/event.js';
import type { Staging } from '../staging/staging.js';
import { BackOff, pauseFor } from './backOff.js';
import { type Builder, type Made, type MadeOnEngine, onEngine } from './builders.js';
import { CacheWarnings } from './cacheWarnings.js';
import type { Call, Failure, Job, Limits } from './call.js';
import {
  type CallFrame,
  type CallPlan,
  type PlannedCall,
  planCall,
  withoutFaulty,
} from './callPlan.js';
import {
  type Conclusion,
  concludeCall,
  imagesMade,
  isMade,
  type Known,
  saysFullDisk,
} from './conclude.js';
import { Endings } from './endings.js';
import { Exported, News } from './exported.js';
import { Finisher, type FinisherInput } from './finish.js';
import {
  buildParts,
  enginesForPlatforms,
  type PartsEnding,
  type PlannedPart,
  planParts,
} from './parts.js';
import { imageEvents, progressOf } from './progress.js';
import { takePulse } from './pulse.js';
import { Schedule } from './schedule.js';
import {
  argumentsOf,
  fetchPushed,
  imagesOf,
  namesIn,
  stageMade,
  withReasons,
  withUnstaged,
} from './staged.js';

export interface RunInput {
  /** As many as `limits` says: with several, images travel through `staging`. */
  readonly builders: readonly [Builder, ...Builder[]];
  readonly staging?: Staging;
  readonly frame: CallFrame;
  readonly jobs: readonly Job[];
  readonly limits: Limits;
  /** Renews what a call is run with: passwords may have changed since the last. */
  readonly beforeCall: () => Promise<void>;
  /** Writes the files that a plan needs beside it. */
  readonly writeFiles: (call: PlannedCall) => readonly Diagnostic[];
  /** Folders outside the working directory that plans may read. */
  readonly readPaths: readonly string[];
  /** Whether bake may forward the user's SSH agent. */
  readonly forwardsAgent: boolean;
  /** What stands for the parents that are not built in this run, published or local. */
  readonly standing: ReadonlyMap<Reference, Layered>;
  /** How images are tested and published. */
  readonly finishing: Omit<FinisherInput, 'onRejected'>;
  /** Images that are present already, and are only tested and published. */
  readonly present: ReadonlyMap<Reference, LocalImage>;
  /** Images that nothing is done about, nor about what is built on them. */
  readonly refused: ReadonlyMap<Reference, Refusal>;
  readonly failFast: boolean;
  /** Why nothing more may be built on a builder (no space on the disk), or undefined; asked again and again. */
  readonly obstacle: (builder: Builder) => string | undefined;
  /** How long one of several builders may be silent, in milliseconds, if that is less than a minute. */
  readonly silenceMs: number;
  readonly listen: Listener;
  readonly signal: AbortSignal;
}

export type RunEnding =
  | { readonly kind: 'finished' }
  | { readonly kind: 'cancelled' }
  /** The engine cannot be used any more, or the plan cannot be made: nothing else was started. */
  | {
      readonly kind: 'stopped';
      readonly reason: string;
      readonly diagnostics: readonly Diagnostic[];
    };

/** How often obstacles are looked for while calls run. */
const obstacleMs = 2_000;

/**
 * How long an image that is exported waits for others of its call before they are put in staging, in milliseconds: what
 * comes together goes together again, which costs less.
 */
function companyMs(took: number): number {
  return Math.min(Math.max(took / 4, 500), 2_000);
}

/** How long images wait for the rest of their call before they start without it. */
const patienceMs = 10_000;

/** Builds every job, tests and publishes what was built, and tells everything as events. */
export async function runBuild(input: RunInput): Promise<RunEnding> {
  return new Run(input).execute();
}

class Run {
  readonly #input: RunInput;
  readonly #schedule: Schedule;
  /** Ends running calls: the user's signal, or `--fail-fast`. */
  readonly #stop = new AbortController();
  /** Images that were built in this run, as the engine has them. */
  readonly #built = new Map<Reference, LocalImage>();
  readonly #known: Known;
  /** Told when images of a running call are there: others may start. */
  readonly #news = new News();
  readonly #repeated = new Set<Reference>();
  readonly #metFull = new Set<Reference>();
  readonly #endings: Endings;
  #ending: RunEnding | undefined;
  readonly #backOff = new BackOff(this.#stop.signal);
  readonly #finisher: Finisher;
  readonly #caches: CacheWarnings;

  constructor(input: RunInput) {
    this.#input = input;
    this.#schedule = new Schedule(input.jobs, input.limits);
    this.#caches = new CacheWarnings(input.listen);
    this.#known = { ...input, before: input.builders[0].before, built: this.#built };
    this.#finisher = new Finisher({
      ...input.finishing,
      onRejected: (reference, reason) => {
        this.#schedule.reject(reference, reason);
        this.#afterFailure();
      },
    });
    this.#endings = new Endings({
      ...input,
      schedule: this.#schedule,
      isRejected: (reference) => this.#finisher.isRejected(reference),
      onFailure: () => this.#afterFailure(),
    });
    // Every call that runs listens to it.
    setMaxListeners(0, this.#stop.signal);
    const abort = () => this.#stop.abort();
    if (input.signal.aborted) {
      abort();
    }
    input.signal.addEventListener('abort', abort, { once: true });
  }

  async execute(): Promise<RunEnding> {
    const { present, signal } = this.#input;
    this.#endings.refuse();
    for (const [reference, image] of present) {
      if (this.#input.refused.has(reference)) {
        continue;
      }
      const staged = this.#input.staging?.at(reference);
      const made = { ...onEngine(this.#input.builders[0]), image };
      void this.#finisher.finish(reference, staged === undefined ? made : { ...made, staged });
    }
    const watch = setInterval(() => {
      if (this.#stoppedByObstacle()) {
        this.#stop.abort();
      }
    }, obstacleMs);
    const { builders, silenceMs } = this.#input;
    const pulse = takePulse(builders, silenceMs, (at, reason) => {
      this.#lose(at, reason);
      builders[at]?.abandon?.(reason);
    });
    await this.#runCalls();
    clearInterval(watch);
    await this.#finisher.settled();
    pulse.end();
    this.#endings.announce();
    if (signal.aborted) {
      return { kind: 'cancelled' };
    }
    return this.#ending ?? { kind: 'finished' };
  }

  /** Starts calls until all is done or nothing more may start, and waits for those that run. */
  async #runCalls(): Promise<void> {
    const underWay = new Set<Promise<void>>();
    let lastStart = performance.now();
    while (!this.#schedule.finished && this.#ending === undefined && !this.#stop.signal.aborted) {
      await this.#backOff.pause;
      if (this.#stoppedByObstacle()) {
        break;
      }
      const patience = lastStart + patienceMs - performance.now();
      const call = this.#stop.signal.aborted ? undefined : this.#schedule.next(patience <= 0);
      if (call !== undefined) {
        lastStart = performance.now();
        const running = this.#run(call).finally(() => underWay.delete(running));
        underWay.add(running);
      } else if (underWay.size > 0) {
        await this.#somethingEnds(underWay, patience);
      } else {
        break;
      }
    }
    await Promise.all(underWay);
  }

  /** Waits for a call to end, for news of one, or until `patience` milliseconds are over. */
  async #somethingEnds(underWay: ReadonlySet<Promise<void>>, patience: number): Promise<void> {
    const over = new AbortController();
    const wait = patience <= 0 ? [] : [pauseFor(patience, over.signal)];
    await Promise.race([...underWay, this.#news.next, ...wait]);
    over.abort();
  }

  #stoppedByObstacle(): boolean {
    for (const [at, builder] of this.#input.builders.entries()) {
      const obstacle = this.#schedule.isLost(at) ? undefined : this.#input.obstacle(builder);
      if (obstacle !== undefined) {
        this.#lose(at, obstacle);
      }
    }
    return this.#ending?.kind === 'stopped';
  }

  async #run(call: Call): Promise<void> {
    const { frame, listen, readPaths, forwardsAgent, staging } = this.#input;
    await this.#input.beforeCall();
    if (call.parts !== undefined && staging !== undefined) {
      await this.#runParts(call, call.parts, staging);
      return;
    }
    const builder = this.#builderOf(call);
    const { name, docker, engine } = builder;
    const planned = planCall(frame, call, namesIn(staging, builder));
    if (!this.#isUsable(call, planned)) {
      return;
    }
    const fresh = call.targets.filter((target) => !call.again.has(target));
    const where = staging === undefined ? {} : { builder: name };
    listen({ kind: 'call-started', call: call.id, images: fresh, ...where });
    for (const target of staging === undefined ? [] : fresh) {
      this.#endings.tried(target, name);
    }
    const { targetOf } = planned.value;
    const started = performance.now();
    const early = new Set<Reference>();
    const exported = new Exported(
      (references, tracker) => this.#finishEarly(planned.value, references, tracker, early),
      staging === undefined ? undefined : () => companyMs(performance.now() - started),
    );
    const seen = new Set<Reference>();
    const onExported = (reference: Reference, tracker: StepTracker): void => {
      seen.add(reference);
      if (staging !== undefined) {
        if (seen.size < fresh.length) {
          exported.tell(reference, tracker);
        } else {
          // The end of the call tells of the last one, or the only one.
          this.#makeRoom(fresh);
        }
        return;
      }
      if (!engine.sharesImages) {
        return;
      }
      const finisher = this.#finisher;
      if (finisher.hasTest(reference)) {
        exported.tell(reference, tracker, 'now');
      } else if (finisher.publishes || this.#schedule.hasWaiting) {
        exported.tell(reference, tracker);
      }
    };
    const result = await bake(
      docker,
      engine,
      {
        ...planned.value.bake,
        readPaths,
        forwardsAgent,
        args: argumentsOf(staging, builder, planned.value),
      },
      { signal: this.#stop.signal, onEvent: imageEvents(targetOf, call.again, listen, onExported) },
    );
    await exported.settled();
    this.#caches.tell(result.tracker.steps);
    const outcome = this.#unlessFull(call, result);
    await this.#conclude(planned.value, fresh, outcome, { exported: seen, early });
  }

  /** Lets others take the places of exported images, which are still to be put in staging. */
  #makeRoom(references: readonly Reference[]): void {
    for (const reference of references) {
      this.#schedule.exported(reference);
    }
    this.#news.tell();
  }

  /** Whether a plan can be run; if not, its call has ended. */
  #isUsable(call: Call, planned: CallPlan): boolean {
    if (planned.faults.size > 0) {
      this.#schedule.end(call, withoutFaulty(planned));
      this.#endings.announce();
      return false;
    }
    const problems = hasErrors(planned.diagnostics)
      ? planned.diagnostics
      : this.#input.writeFiles(planned.value);
    if (problems.length > 0) {
      this.#schedule.end(call, { kind: 'stopped', done: new Set() });
      this.#end({ kind: 'stopped', reason: 'the plan cannot be used', diagnostics: problems });
      return false;
    }
    return true;
  }

  /** Builds one image on several builders, each for some of its platforms: all of it, or nothing. */
  async #runParts(call: Call, parts: readonly Part[], staging: Staging): Promise<void> {
    const { frame, listen } = this.#input;
    const [image] = call.targets.flatMap((target) => frame.graph.byReference.get(target) ?? []);
    const planned: PlannedPart[] = [];
    for (const { plan, part } of planParts(frame, call, parts, staging, (own) =>
      this.#builderOf(own),
    )) {
      if (!this.#isUsable(call, plan)) {
        return;
      }
      planned.push({ ...part, planned: plan.value });
    }
    if (image === undefined) {
      throw new Error('a call without an image');
    }
    for (const { builder } of planned) {
      listen({ kind: 'call-started', call: call.id, images: call.targets, builder: builder.name });
    }
    const ending = await buildParts(image, planned, {
      ...this.#input,
      staging,
      judged: (own, result) => {
        this.#caches.tell(result.tracker.steps);
        return this.#unlessFull(own, result);
      },
      stop: this.#stop.signal,
      definitions: frame.definitions,
      left: () => this.#left(),
    });
    this.#concludeParts(call, image.reference, ending);
  }

  #concludeParts(call: Call, reference: Reference, ending: PartsEnding): void {
    const { frame, listen, limits } = this.#input;
    switch (ending.kind) {
      case 'made': {
        const { made, progress, parts } = ending;
        const { digest, name } = made.staged;
        this.#built.set(reference, made.image);
        frame.outside.set(reference, { reference, digest, at: name });
        this.#schedule.end(call, { kind: 'ended', done: new Set([reference]), failed: new Map() });
        listen({ kind: 'image-built', reference, ...progress, parts });
        void this.#finisher.finish(reference, made);
        break;
      }
      case 'lost':
        this.#schedule.end(call, { kind: 'stopped', done: new Set() });
        this.#lose(ending.builder, ending.reason);
        break;
      case 'unstaged': {
        const failed = new Map([[reference, ending.failure]]);
        if (ending.failure.transient) {
          this.#backOff.again();
        }
        this.#schedule.end(call, { kind: 'ended', done: new Set(), failed });
        this.#endings.announceRetries(failed);
        break;
      }
      case 'ended': {
        const { of, result } = ending;
        const mayRepeat = this.#backOff.faults < limits.retries;
        const concluded = concludeCall(of.planned, result, new Set(), mayRepeat);
        this.#actOn(of.planned.call, concluded);
        const named = withReasons(concluded.result, ` (${of.part.platforms.join(' and ')})`);
        this.#schedule.end(call, named);
        if (named.kind === 'ended') {
          this.#endings.tried(reference, of.builder.name);
          this.#endings.announceRetries(named.failed);
        }
        break;
      }
    }
    this.#endings.announce();
  }

  /** Goes on with images while their call continues for others. */
  async #finishEarly(
    planned: PlannedCall,
    references: readonly Reference[],
    tracker: StepTracker,
    early: Set<Reference>,
  ): Promise<void> {
    const builder = this.#builderOf(planned.call);
    const { staging } = this.#input;
    this.#makeRoom(references);
    if (staging !== undefined && builder.pushes === true) {
      await fetchPushed(staging, builder, references, this.#input.frame.graph);
    }
    const found = await imagesOf(builder, staging, references);
    if (found.kind === 'failed') {
      return;
    }
    const made = new Map<Reference, LocalImage>();
    for (const reference of references) {
      const image = found.value.get(reference);
      if (image !== undefined && isMade(this.#knownOf(builder), reference, image)) {
        made.set(reference, image);
      }
    }
    // What cannot be staged now is tried again, and told of, when the call is over.
    const { done } = await stageMade(staging, builder, made, this.#stop.signal);
    for (const [reference, image] of done) {
      early.add(reference);
      this.#announceBuilt(planned, tracker, reference, image);
      this.#schedule.built(reference);
    }
    this.#news.tell();
  }

  async #conclude(
    planned: PlannedCall,
    fresh: readonly Reference[],
    result: BakeResult,
    { exported, early }: { readonly exported: Set<Reference>; readonly early: Set<Reference> },
  ): Promise<void> {
    const { call } = planned;
    const builder = this.#builderOf(call);
    const staging = this.#input.staging;
    const pushed = result.kind === 'done' ? fresh : [...exported];
    const unfetched =
      staging === undefined || builder.pushes !== true
        ? new Map<Reference, Failure>()
        : await fetchPushed(
            staging,
            builder,
            pushed.filter((reference) => !early.has(reference)),
            this.#input.frame.graph,
          );
    const found = await imagesOf(builder, staging, call.targets);
    if (found.kind === 'failed') {
      this.#schedule.end(call, { kind: 'stopped', done: new Set() });
      this.#lose(call.builder, found.message);
      return;
    }
    await this.#restoreRepeated(call, found.value);
    const made = imagesMade(this.#knownOf(builder), fresh, found.value, result.kind);
    const { astray } = made;
    const late = [...made.done].filter(([reference]) => !early.has(reference));
    const staged = await stageMade(staging, builder, new Map(late), this.#stop.signal);
    const { unstaged, lost } = staged;
    const before = [...made.done].filter(([reference]) => early.has(reference));
    const done = new Map([...before, ...staged.done]);
    if (lost !== undefined) {
      this.#schedule.end(call, { kind: 'stopped', done: new Set(done.keys()) });
      this.#announceDone(planned, result, done);
      this.#lose(call.builder, lost);
      return;
    }
    for (const [reference, failure] of unfetched) {
      unstaged.set(reference, failure);
    }
    const finished = new Set([...done.keys(), ...unstaged.keys(), ...astray]);
    const mayRepeat = this.#backOff.faults < this.#input.limits.retries;
    const concluded = concludeCall(planned, result, finished, mayRepeat);
    const conclusion = { ...concluded, result: withUnstaged(concluded.result, unstaged) };
    this.#actOn(call, conclusion);
    this.#schedule.end(call, conclusion.result);
    if (conclusion.result.kind === 'ended') {
      this.#endings.announceRetries(conclusion.result.failed);
    }
    for (const reference of astray) {
      this.#repeat(reference);
    }
    this.#announceDone(planned, result, done);
    this.#endings.announce();
  }

  /**
   * One of several builders whose disk is full is lost, but not the last one. An image that has met a full disk before has a
   * small disk of its own in its RUN.
   */
  #unlessFull({ builder, targets }: Call, result: BakeResult): BakeResult {
    const isLast = !this.#input.builders.some(
      (_, at) => at !== builder && !this.#schedule.isLost(at),
    );
    if (isLast || !saysFullDisk(result) || targets.some((target) => this.#metFull.has(target))) {
      return result;
    }
    for (const target of targets) {
      this.#metFull.add(target);
    }
    const message = 'its disk is full (no space left on device)';
    return { kind: 'engine-lost', message, tracker: result.tracker };
  }

  #builderOf({ builder }: Call): Builder {
    return this.#input.builders[builder] ?? this.#input.builders[0];
  }

  #knownOf({ before }: Builder): Known {
    return { ...this.#known, before };
  }

  /** A builder does not answer any more: the others go on, and with none left the run ends. */
  #lose(at: number, reason: string): void {
    if (this.#stop.signal.aborted || this.#schedule.isLost(at)) {
      return;
    }
    this.#schedule.lose(at);
    if (this.#schedule.hasNone) {
      this.#end({ kind: 'stopped', reason, diagnostics: [] });
      return;
    }
    const builder = this.#input.builders[at]?.name ?? '';
    this.#input.listen({ kind: 'builder-lost', builder, reason });
  }

  #actOn({ builder }: Call, { faults, stop, warning }: Conclusion): void {
    for (let fault = 0; fault < faults; fault++) {
      this.#backOff.again();
    }
    if (stop !== undefined) {
      this.#lose(builder, stop);
    }
    if (warning !== undefined) {
      this.#input.listen({ kind: 'warning', message: warning });
    }
  }

  /**
   * A repeated ancestor whose cache was gone has been built anew under its name. The one that was
   * tested and published gets its name back; what was built on the other one shows in its layers.
   */
  async #restoreRepeated(call: Call, found: ReadonlyMap<string, LocalImage>): Promise<void> {
    for (const reference of call.again) {
      const known = this.#built.get(reference);
      if (known === undefined || found.get(reference)?.id === known.id) {
        continue;
      }
      const { home } = this.#builderOf(call);
      await (home && tagImage(home, known.id, reference));
    }
  }

  #repeat(reference: Reference): void {
    const { listen } = this.#input;
    const reason = 'it was not built on the current image of its parent';
    if (this.#repeated.has(reference)) {
      this.#schedule.reject(reference, reason);
      return;
    }
    this.#repeated.add(reference);
    listen({ kind: 'image-retried', reference, reason, attempt: 2 });
    this.#schedule.repeatApart(reference);
  }

  #announceDone(
    planned: PlannedCall,
    { tracker }: BakeResult,
    done: ReadonlyMap<Reference, LocalImage>,
  ): void {
    for (const reference of planned.targetOf.values()) {
      const image = done.get(reference);
      if (image !== undefined) {
        this.#announceBuilt(planned, tracker, reference, image);
      }
    }
  }

  /** Once an image: it may have been seen while its call continued. */
  #announceBuilt(
    { targetOf, call }: PlannedCall,
    tracker: StepTracker,
    reference: Reference,
    image: LocalImage,
  ): void {
    if (this.#built.get(reference)?.id === image.id) {
      return;
    }
    const { listen, frame, staging } = this.#input;
    const builder = this.#builderOf(call);
    const staged = staging?.at(reference);
    this.#built.set(reference, image);
    frame.outside.set(
      reference,
      staged === undefined
        ? localOutside(builder.engine, reference, image.id)
        : { reference, digest: staged.digest, at: staged.name },
    );
    for (const [target, one] of targetOf) {
      if (one === reference) {
        const where = staging === undefined ? {} : { builder: builder.name };
        listen({ kind: 'image-built', reference, ...progressOf(tracker, target), ...where });
      }
    }
    void this.#finisher.finish(reference, {
      ...onEngine(builder),
      image,
      ...(staged === undefined
        ? {}
        : { staged, elsewhere: () => this.#elsewhere(reference, staged, builder) }),
      ...this.#enginesFor(reference, builder),
    });
  }

  /** What a builder pushes is on no engine: of several platforms each is pulled when it is tested. */
  #enginesFor(reference: Reference, builder: Builder): Pick<Made, 'enginesFor'> {
    const { frame, staging } = this.#input;
    const { platforms = [] } = frame.graph.byReference.get(reference) ?? {};
    const isPulled = builder.pushes === true && builder.home !== undefined;
    if (staging === undefined || !isPulled || platforms.length < 2) {
      return {};
    }
    const made = [{ builder, platforms }];
    return { enginesFor: enginesForPlatforms(reference, made, staging, () => this.#left()) };
  }

  #left(): readonly Builder[] {
    return this.#input.builders.filter((_, at) => !this.#schedule.isLost(at));
  }

  /** An image on another engine than that of the builder which made it, and which is gone. */
  async #elsewhere(
    reference: Reference,
    staged: Staged,
    { name, home }: Builder,
  ): Promise<MadeOnEngine | undefined> {
    const { builders, staging } = this.#input;
    const lost = new Set([home]);
    for (const [at, one] of builders.entries()) {
      if (one.home === home) {
        this.#lose(at, `the engine of ${name} does not answer`);
      }
    }
    for (const [at, one] of builders.entries()) {
      if (one.home === undefined || lost.has(one.home) || this.#schedule.isLost(at)) {
        continue;
      }
      const pulled = await staging?.pull(one.home, reference);
      if (pulled?.kind === 'done') {
        return {
          docker: one.home,
          image: pulled.value,
          staged,
          elsewhere: () => this.#elsewhere(reference, staged, one),
        };
      }
      lost.add(one.home);
    }
    return undefined;
  }

  #afterFailure(): void {
    if (this.#input.failFast) {
      this.#stop.abort();
    }
  }

  #end(ending: RunEnding): void {
    this.#ending ??= ending;
  }
}
