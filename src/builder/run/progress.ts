import { StringDecoder } from 'node:string_decoder';
import type { ProgressEvent } from '#adapters/docker/rawjson.js';
import type { Step } from '#adapters/docker/step.js';
import type { StepTracker } from '#adapters/docker/steps.js';
import type { Reference, TargetName } from '#core/reference/brands.js';
import type { Listener } from '../report/event.js';

/** What the progress of one call says of one of its images. */
export interface ImageProgress {
  /** From the first step of its own that ran to the last that ended. */
  readonly milliseconds: number;
  /** Instructions of the Dockerfile, and how many of them came from the cache. */
  readonly steps: number;
  readonly cachedSteps: number;
}

/**
 * Turns the events of a bake call into those of its images. `onExported` is told when an image
 * stands in the engine, while the call goes on for others.
 */
export function imageEvents(
  targetOf: ReadonlyMap<TargetName, Reference>,
  quiet: ReadonlySet<Reference>,
  listen: Listener,
  onExported: (reference: Reference, tracker: StepTracker) => void,
): (event: ProgressEvent, tracker: StepTracker) => void {
  const started = new Set<Reference>();
  const begun = new Set<string>();
  const ended = new Set<string>();
  // A command writes when it likes, in the middle of a character too.
  const decoders = new Map<string, StringDecoder>();

  const imagesOf = (step: Step, tracker: StepTracker): Reference[] =>
    tracker.owners(step).flatMap(({ name }) => {
      const reference = targetOf.get(name);
      return reference === undefined || quiet.has(reference) ? [] : [reference];
    });

  return (event, tracker) => {
    if (event.kind === 'log') {
      const step = tracker.step(event.vertex);
      if (step === undefined) {
        return;
      }
      const text = decoderOf(decoders, `${event.stream} ${event.vertex}`).write(
        Buffer.from(event.data),
      );
      if (text === '') {
        return;
      }
      for (const reference of imagesOf(step, tracker)) {
        listen({ kind: 'output', reference, text });
      }
      return;
    }
    if (event.kind !== 'vertex') {
      return;
    }
    const step = tracker.step(event.digest);
    if (step === undefined || (step.started === undefined && !step.cached)) {
      return;
    }
    const isNew = !begun.has(step.digest) && !step.internal;
    const isOver = step.completed !== undefined && !ended.has(step.digest);
    if (!isNew && !isOver) {
      return;
    }
    const name = stepName(step);
    for (const reference of imagesOf(step, tracker)) {
      if (isNew && !started.has(reference)) {
        started.add(reference);
        listen({ kind: 'image-started', reference });
      }
      if (isNew) {
        listen({ kind: 'step-started', reference, step: name });
      }
      if (!isOver || step.error !== undefined) {
        continue;
      }
      if (!step.internal) {
        listen({ kind: 'step-ended', reference, step: name, cached: step.cached });
      }
      if (isExport(step)) {
        onExported(reference, tracker);
      }
    }
    begun.add(step.digest);
    if (isOver) {
      ended.add(step.digest);
    }
  };
}

/** The figures of one image at the end of a call. */
export function progressOf(tracker: StepTracker, target: TargetName): ImageProgress {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
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
    if (step.started !== undefined) {
      first = Math.min(first, step.started);
    }
    if (step.completed !== undefined) {
      last = Math.max(last, step.completed);
    }
  }
  return {
    milliseconds: Math.max(0, last - (first === Number.POSITIVE_INFINITY ? last : first)),
    steps,
    cachedSteps,
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

function stepName({ stage, number, instruction }: Step): string {
  const prefix = [stage, number].filter((part) => part !== undefined).join(' ');
  return prefix === '' ? instruction : `[${prefix}] ${instruction}`;
}

function isExport(step: Step): boolean {
  return step.instruction.startsWith('exporting to image');
}
