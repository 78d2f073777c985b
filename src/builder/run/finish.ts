import pLimit from 'p-limit';
import { daemonAnswers } from '#adapters/docker/detect.js';
import { whyGone, withEither } from '#adapters/docker/docker.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Gate } from '../gate/gate.js';
import { noEngine, notPublished } from '../noEngine.js';
import type { Publisher } from '../publish/publisher.js';
import type { Listener } from '../report/event.js';
import { RunnablePlatforms } from '../verify/runnable.js';
import { failed } from '../verify/testResult.js';
import { hasTests, verifyImage } from '../verify/verify.js';
import type { Made, MadeOnEngine } from './builders.js';
import type { KeptImage } from './keptNames.js';
import { putLocalNames } from './localNames.js';

export interface FinisherInput {
  readonly graph: Graph;
  /** The images of this run: those to build, and local ones that are only tested and published. */
  readonly members: ReadonlySet<Reference>;
  /** Absent: nothing is published. */
  readonly publisher?: Pick<Publisher, 'covers' | 'push'> & {
    /** What it does with an image; absent: it publishes it. */
    readonly deed?: 'staged';
  };
  /** Why images that have passed are not published. */
  readonly withheld: ReadonlyMap<Reference, string>;
  /** Judges what would be published; absent: everything that passes is. */
  readonly gate?: Pick<Gate, 'judge'>;
  /** Names that an image gets on the engine once it has passed. */
  readonly localNames: ReadonlyMap<Reference, readonly string[]>;
  /** Images of this run that are only tested and named: they were built, and lack names. */
  readonly kept: ReadonlyMap<Reference, KeptImage>;
  readonly verifyJobs: number;
  readonly verifyTimeoutMs: number;
  readonly listen: Listener;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Called for an image that passed its tests: a later run does not test it again. */
  readonly onPassed: (reference: Reference, id: Digest) => void;
  /** Called for an image whose test failed. */
  readonly onRejected: (reference: Reference, reason: string) => void;
}

/** Whose fault it is that an image, and so what is built on it, is not published; absent: nobody's. */
interface Verdict {
  readonly culprit?: Reference;
  /** The image that waits for approval, so that what is built on it is not published either. */
  readonly awaiting?: Reference;
}

const good: Verdict = {};

/** So many pushes at once: a registry's disk is the bound, and docker pushes layers in parallel. */
export const pushesAtOnce = 4;

/** Tests what was built and publishes what passed, parents before children, while others build. */
export class Finisher {
  readonly #input: FinisherInput;
  readonly #tests: ReturnType<typeof pLimit>;
  readonly #pushes = pLimit(pushesAtOnce);
  /** Each holds all files of two images. */
  readonly #judgements = pLimit(1);
  readonly #begun = new Map<Reference, Promise<Verdict>>();
  readonly #awaited = new Map<Reference, PromiseWithResolvers<Verdict>>();
  readonly #rejected = new Set<Reference>();
  readonly #runnable: RunnablePlatforms;

  constructor(input: FinisherInput) {
    this.#input = input;
    this.#tests = pLimit(input.verifyJobs);
    this.#runnable = new RunnablePlatforms(input.signal);
  }

  /** Whether an image has a test, so that it is worth looking at before its call ends. */
  hasTest(reference: Reference): boolean {
    return hasTests(this.#input.graph, reference);
  }

  /** Whether what passes is published, so that it is worth knowing early. */
  get publishes(): boolean {
    return this.#input.publisher !== undefined;
  }

  isRejected(reference: Reference): boolean {
    return this.#rejected.has(reference);
  }

  /** Tests and publishes one image, once however often it is called. */
  finish(reference: Reference, made: Made): Promise<Verdict> {
    let begun = this.#begun.get(reference);
    if (begun === undefined) {
      begun = this.#finish(reference, made);
      this.#begun.set(reference, begun);
      const awaited = this.#awaited.get(reference);
      if (awaited !== undefined) {
        void begun.then(awaited.resolve);
      }
    }
    return begun;
  }

  /** Waits for everything that was begun. What was never begun counts as bad from now on. */
  async settled(): Promise<void> {
    for (const [reference, awaited] of this.#awaited) {
      if (!this.#begun.has(reference)) {
        awaited.resolve({ culprit: reference });
      }
    }
    while (true) {
      const all = [...this.#begun.values()];
      await Promise.all(all);
      if (this.#begun.size === all.length) {
        return;
      }
    }
  }

  async #finish(reference: Reference, { docker: engine, ...rest }: Made): Promise<Verdict> {
    if (engine === undefined) {
      return this.#leave(reference, rest);
    }
    const made: MadeOnEngine = { ...rest, docker: engine };
    const bad: Verdict = { culprit: reference };
    // What has no test does not wait for the tests of others.
    const passed = this.hasTest(reference)
      ? await this.#tests(() => this.#test(reference, made))
      : await this.#test(reference, made);
    if (passed === undefined) {
      return bad;
    }
    const { image, staged } = passed;
    const { publisher, listen, signal } = this.#input;
    const definition = this.#definition(reference);
    const { culprit, awaiting } = await this.#verdictAbove(reference);
    if (signal.aborted) {
      return bad;
    }
    if (culprit !== undefined) {
      const reason = `parent ${culprit} failed, so it is not ${publisher?.deed ?? 'published'}`;
      listen({ kind: 'image-skipped', reference, reason });
      return { culprit };
    }
    await this.#nameLocally(reference, passed);
    if (this.#input.kept.has(reference)) {
      return this.#finished(reference);
    }
    const reason = this.#input.withheld.get(reference);
    if (reason !== undefined) {
      listen({ kind: 'withheld', reference, reason: `not published: ${reason}` });
      return this.#finished(reference);
    }
    if (publisher === undefined || !publisher.covers(definition.tree)) {
      return this.#finished(reference);
    }
    if (awaiting !== undefined) {
      const reason = `not published: it is built on ${awaiting}, which awaits approval`;
      listen({ kind: 'withheld', reference, reason });
      return { ...this.#finished(reference), awaiting };
    }
    const judged = await this.#judgements(() => this.#input.gate?.judge(reference, passed));
    if (signal.aborted) {
      return bad;
    }
    if (judged?.kind === 'awaits') {
      const reason = `awaits approval: ${judged.reason}`;
      listen({ kind: 'withheld', reference, reason, awaits: judged.differences });
      return { ...this.#finished(reference), awaiting: reference };
    }
    const started = this.#input.now();
    const pushed = await this.#pushes(() => {
      listen({ kind: 'publish-started', reference });
      return publisher.push(definition, image, staged);
    });
    if (signal.aborted && pushed.kind === 'failed') {
      return bad;
    }
    if (pushed.kind === 'failed') {
      const { reason, tail = [] } = pushed;
      const during = publisher.deed === undefined ? 'publish' : 'stage';
      listen({ kind: 'image-failed', reference, during, reason, tail });
      return bad;
    }
    const { digest, size } = pushed;
    const milliseconds = this.#input.now() - started;
    const stored = size === undefined ? {} : { size };
    listen({ kind: publisher.deed ?? 'published', reference, digest, ...stored, milliseconds });
    return this.#finished(reference);
  }

  /** What no engine has is not tested, and so it is not published: it stays in staging. */
  #leave(reference: Reference, { staged }: Pick<Made, 'staged'>): Verdict {
    const { listen, withheld } = this.#input;
    const tests = this.hasTest(reference) ? noEngine : undefined;
    listen({
      kind: 'verified',
      reference,
      milliseconds: 0,
      tested: false,
      ...(tests && { untested: tests }),
    });
    if (staged !== undefined) {
      listen({ kind: 'staged', reference, digest: staged.digest, milliseconds: 0 });
    }
    const reason = withheld.get(reference);
    if (reason !== undefined) {
      listen({ kind: 'withheld', reference, reason: notPublished(reason) });
    }
    return this.#finished(reference);
  }

  #finished(reference: Reference): Verdict {
    this.#input.listen({ kind: 'image-finished', reference });
    return good;
  }

  async #nameLocally(reference: Reference, { docker, image }: MadeOnEngine): Promise<void> {
    const { localNames, kept, listen, signal } = this.#input;
    const lacking = kept.get(reference)?.names;
    const names = lacking ?? localNames.get(reference) ?? [];
    if (names.length === 0) {
      return;
    }
    const { put, problem } = await putLocalNames(docker, image.id, names, { signal });
    for (const name of lacking === undefined ? [] : put) {
      listen({ kind: 'name-put', reference, name });
    }
    if (problem !== undefined && !signal.aborted) {
      const name = names[put.length];
      listen({ kind: 'warning', message: `${reference} has no local name ${name}: ${problem}` });
    }
  }

  /** The image as it passed: perhaps on another engine than the one that was to test it. Undefined: it did not. */
  async #test(reference: Reference, made: MadeOnEngine): Promise<MadeOnEngine | undefined> {
    const { docker, image } = made;
    const { graph, listen, signal, verifyTimeoutMs, now } = this.#input;
    if (signal.aborted) {
      return undefined;
    }
    if (this.hasTest(reference)) {
      listen({ kind: 'verify-started', reference });
    }
    const { gone } = docker;
    const result = await withEither(signal, gone, (either = signal) =>
      verifyImage(
        docker,
        graph,
        { reference, id: image.id },
        {
          timeoutMs: verifyTimeoutMs,
          signal: either,
          onOutput: (text) => listen({ kind: 'output', reference, text }),
          onWarning: (message) => listen({ kind: 'warning', message: `${reference}: ${message}` }),
          now,
          runnable: this.#runnable,
          ...(made.enginesFor === undefined ? {} : { enginesFor: made.enginesFor }),
        },
      ),
    );
    const why = result.kind === 'cancelled' ? whyGone(docker, signal) : undefined;
    const verdict = why === undefined ? result : failed(`the test was ended: ${why}`);
    switch (verdict.kind) {
      case 'cancelled':
        return undefined;
      case 'none':
        listen({ kind: 'verified', reference, milliseconds: 0, tested: false });
        return made;
      case 'passed':
        this.#input.onPassed(reference, image.id);
        listen({ ...verdict, kind: 'verified', reference, tested: true });
        return made;
      case 'failed': {
        const { tail, docker: tester = docker } = verdict;
        const answers = await daemonAnswers(tester, signal);
        const other = answers || signal.aborted ? undefined : await made.elsewhere?.();
        if (other !== undefined) {
          return this.#test(reference, other);
        }
        const reason = answers
          ? verdict.reason
          : `${verdict.reason}; the engine does not answer any more`;
        if (signal.aborted) {
          return undefined;
        }
        this.#rejected.add(reference);
        listen({ kind: 'image-failed', reference, during: 'verify', reason, tail });
        this.#input.onRejected(reference, reason);
        return undefined;
      }
    }
  }

  /** Of the images above, of this run, once all are settled: the first that is not as it should be, and one that waits. */
  async #verdictAbove(reference: Reference): Promise<Verdict> {
    const image = this.#input.graph.byReference.get(reference);
    let waits: Verdict = good;
    for (const { parent } of image?.parents ?? []) {
      if (!this.#input.members.has(parent)) {
        continue;
      }
      const verdict = await this.#verdictOf(parent);
      if (verdict.culprit !== undefined) {
        return verdict;
      }
      if (verdict.awaiting !== undefined && waits === good) {
        waits = verdict;
      }
    }
    return waits;
  }

  #verdictOf(reference: Reference): Promise<Verdict> {
    const begun = this.#begun.get(reference);
    if (begun !== undefined) {
      return begun;
    }
    let awaited = this.#awaited.get(reference);
    if (awaited === undefined) {
      awaited = withResolvers<Verdict>();
      this.#awaited.set(reference, awaited);
    }
    return awaited.promise;
  }

  #definition(reference: Reference) {
    const image = this.#input.graph.byReference.get(reference);
    if (image === undefined) {
      throw new Error(`unknown image ${reference}`);
    }
    return image.rendered.definition;
  }
}

/** Promise.withResolvers, which Node has from 22 on. */
interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
