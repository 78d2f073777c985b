import { StringDecoder } from 'node:string_decoder';
import type { ProgressEvent } from '#adapters/docker/rawjson.js';
import type { BuildStep } from '#adapters/docker/step.js';
import type { StepTracker } from '#adapters/docker/steps.js';
import type { Reference, TargetName } from '#core/reference/brands.js';
import type { Listener } from '../report/event.js';
import { lengthOf, mergedSpans, type Span } from '../report/spans.js';

/** What the progress of one call says of one of its images. */
export interface ImageProgress {
  /** How long a step of its own ran, in milliseconds: what it waited for its parents is not in it. */
  readonly milliseconds: number;
  /** When that was. */
  readonly spans: readonly Span[];
  /** Instructions of the Dockerfile, and how many of them came from the cache. */
  readonly steps: number;
  readonly cachedSteps: number;
}

/**
 * Turns the events of a bake call into those of its images. `onExported` is called when an image
 * is in the engine, while the call continues for others.
 */
export function imageEvents(
  targetOf: ReadonlyMap<TargetName, Reference>,
  quiet: ReadonlySet<Reference>,
  listen: Listener,
  onExported: (reference: Reference, tracker: StepTracker) => void,
): (event: ProgressEvent, tracker: StepTracker) => void {
  const translator = new EventTranslator({ targetOf, quiet, listen, onExported });
  return (event, tracker) => {
    switch (event.kind) {
      case 'log':
        translator.output(event, tracker);
        break;
      case 'vertex':
        translator.step(event.digest, tracker);
        break;
    }
  };
}

interface Translation {
  readonly targetOf: ReadonlyMap<TargetName, Reference>;
  /** Images that are in the call only as ancestors: nothing is reported of them. */
  readonly quiet: ReadonlySet<Reference>;
  readonly listen: Listener;
  readonly onExported: (reference: Reference, tracker: StepTracker) => void;
}

/** BuildKit repeats a step in many events; each start and each end is reported once an image. */
class EventTranslator {
  readonly #input: Translation;
  readonly #startedImages = new Set<Reference>();
  readonly #startedSteps = new Set<string>();
  readonly #endedSteps = new Set<string>();
  // A command writes when it likes, in the middle of a character too.
  readonly #decoders = new Map<string, StringDecoder>();

  constructor(input: Translation) {
    this.#input = input;
  }

  output(log: Extract<ProgressEvent, { kind: 'log' }>, tracker: StepTracker): void {
    const step = tracker.step(log.vertex);
    if (step === undefined) {
      return;
    }
    const decoder = decoderOf(this.#decoders, `${log.stream} ${log.vertex}`);
    const text = decoder.write(Buffer.from(log.data));
    if (text === '') {
      return;
    }
    for (const reference of this.#imagesOf(step, tracker)) {
      this.#input.listen({ kind: 'output', reference, text });
    }
  }

  step(digest: string, tracker: StepTracker): void {
    const step = tracker.step(digest);
    if (step === undefined || (step.started === undefined && !step.cached)) {
      return;
    }
    const starts = !this.#startedSteps.has(step.digest) && !step.internal;
    const ends = step.completed !== undefined && !this.#endedSteps.has(step.digest);
    if (!starts && !ends) {
      return;
    }
    for (const reference of this.#imagesOf(step, tracker)) {
      if (starts) {
        this.#announceStart(reference, step);
      }
      if (ends && step.error === undefined) {
        this.#announceEnd(reference, step, tracker);
      }
    }
    this.#startedSteps.add(step.digest);
    if (ends) {
      this.#endedSteps.add(step.digest);
    }
  }

  #announceStart(reference: Reference, step: BuildStep): void {
    const { listen } = this.#input;
    if (!this.#startedImages.has(reference)) {
      this.#startedImages.add(reference);
      listen({ kind: 'image-started', reference });
    }
    listen({ kind: 'step-started', reference, step: stepName(step) });
  }

  #announceEnd(reference: Reference, step: BuildStep, tracker: StepTracker): void {
    const { listen, onExported } = this.#input;
    if (!step.internal) {
      listen({ kind: 'step-ended', reference, step: stepName(step), cached: step.cached });
    }
    if (isExport(step)) {
      onExported(reference, tracker);
    }
  }

  #imagesOf(step: BuildStep, tracker: StepTracker): Reference[] {
    const { targetOf, quiet } = this.#input;
    return tracker.owners(step).flatMap(({ name }) => {
      const reference = targetOf.get(name);
      return reference === undefined || quiet.has(reference) ? [] : [reference];
    });
  }
}

/** The figures of one image at the end of a call. */
export function progressOf(tracker: StepTracker, target: TargetName): ImageProgress {
  const ran: Span[] = [];
  let steps = 0;
  let cachedSteps = 0;
  for (const step of tracker.steps) {
    if (!tracker.owners(step).some(({ name }) => name === target)) {
      continue;
    }
    if (step.number !== undefined) {
      steps++;
      if (step.cached) {
        cachedSteps++;
      }
    }
    if (step.started !== undefined && step.completed !== undefined) {
      ran.push([step.started, step.completed]);
    }
  }
  const spans = mergedSpans(ran);
  return { milliseconds: lengthOf(spans), spans, steps, cachedSteps };
}

/** Of an image that several builders built at the same time. */
export function joinedProgress(all: readonly ImageProgress[]): ImageProgress {
  const spans = mergedSpans(all.flatMap((one) => one.spans));
  const sum = (of: (one: ImageProgress) => number) =>
    all.reduce((total, one) => total + of(one), 0);
  return {
    milliseconds: lengthOf(spans),
    spans,
    steps: sum(({ steps }) => steps),
    cachedSteps: sum(({ cachedSteps }) => cachedSteps),
  };
}

function decoderOf(decoders: Map<string, StringDecoder>, key: string): StringDecoder {
  let decoder = decoders.get(key);
  if (decoder === undefined) {
    decoder = new StringDecoder('utf8');
    decoders.set(key, decoder);
  }
  return decoder;
}

function stepName({ stage, number, instruction }: BuildStep): string {
  const prefix = [stage, number].filter((part) => part !== undefined).join(' ');
  return prefix === '' ? instruction : `[${prefix}] ${instruction}`;
}

function isExport(step: BuildStep): boolean {
  return step.instruction.startsWith('exporting to image');
}
