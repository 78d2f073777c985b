import { fileLine } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Refusal } from '../refusal.js';
import type { Listener } from '../report/event.js';
import type { Failure, Job } from './call.js';
import type { CallFrame } from './callPlan.js';
import type { Schedule } from './schedule.js';

interface EndingsInput {
  readonly jobs: readonly Job[];
  readonly frame: CallFrame;
  readonly refused: ReadonlyMap<Reference, Refusal>;
  readonly schedule: Schedule;
  readonly listen: Listener;
  /** Whether an image has been told as failed already: its test failed, or its push. */
  readonly isRejected: (reference: Reference) => boolean;
  /** Called for each image that fails. */
  readonly onFailure: () => void;
}

/** Tells what the schedule knows of images that are not built: each once, and why. */
export class Endings {
  readonly #input: EndingsInput;
  readonly #announced = new Set<Reference>();
  /** The one of several builders that an image was given to last. */
  readonly #triedOn = new Map<Reference, string>();

  constructor(input: EndingsInput) {
    this.#input = input;
  }

  /** One of several builders is given an image. */
  tried(reference: Reference, builder: string): void {
    this.#triedOn.set(reference, builder);
  }

  /** Gives up what is refused before the run, and what is built on it. */
  refuse(): void {
    const { refused, jobs, frame, listen } = this.#input;
    const building = new Set(jobs.map(({ reference }) => reference));
    for (const [reference, { during, reason, place, hint }] of refused) {
      if (building.has(reference)) {
        this.#input.schedule.reject(reference, reason);
      }
      this.#announced.add(reference);
      const tail = hint === undefined ? [] : [`hint: ${hint}`];
      const where = place === undefined ? {} : { place };
      listen({ kind: 'image-failed', reference, during, reason, tail, ...where });
      this.#input.onFailure();
    }
    // Also below a refused image that was built before: nothing of it would be published.
    const culprits = new Map([...refused.keys()].map((reference) => [reference, reference]));
    for (const { reference } of jobs) {
      const parents = frame.graph.byReference.get(reference)?.parents ?? [];
      const above = parents.find(({ parent }) => culprits.has(parent));
      const culprit = above && culprits.get(above.parent);
      if (culprit === undefined || refused.has(reference)) {
        continue;
      }
      const reason = `parent ${culprit} failed`;
      culprits.set(reference, culprit);
      this.#input.schedule.reject(reference, reason);
      this.#announced.add(reference);
      listen({ kind: 'image-skipped', reference, reason });
    }
  }

  /** Tells of images that failed or were skipped since the last time. */
  announce(): void {
    const { listen, jobs } = this.#input;
    for (const { reference } of jobs) {
      const state = this.#input.schedule.state(reference);
      if (this.#announced.has(reference)) {
        continue;
      }
      if (state.kind === 'failed') {
        this.#announced.add(reference);
        if (this.#input.isRejected(reference)) {
          continue;
        }
        const { reason, tail, line } = state;
        const rendered = this.#input.frame.graph.byReference.get(reference)?.rendered;
        const place = line === undefined ? undefined : rendered?.placeOf(line);
        const builder = this.#triedOn.get(reference);
        listen({
          kind: 'image-failed',
          reference,
          during: 'build',
          reason,
          tail,
          ...(place?.line === undefined ? {} : { place: fileLine(place) }),
          ...(builder === undefined ? {} : { builder }),
        });
        this.#input.onFailure();
      } else if (state.kind === 'skipped') {
        this.#announced.add(reference);
        listen({ kind: 'image-skipped', reference, reason: `parent ${state.parent} failed` });
      }
    }
  }

  /** Tells of what failed by a fault that may pass, and waits again. */
  announceRetries(failed: ReadonlyMap<Reference, Failure>): void {
    for (const [reference, { reason, transient }] of failed) {
      if (!transient || this.#input.schedule.state(reference).kind !== 'waiting') {
        continue;
      }
      const attempt = this.#input.schedule.attempts(reference) + 1;
      this.#input.listen({ kind: 'image-retried', reference, reason, attempt });
    }
  }
}
