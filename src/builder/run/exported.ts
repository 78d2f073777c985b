import type { StepTracker } from '#adapters/docker/steps.js';
import type { Reference } from '#core/reference/brands.js';
import { pauseFor } from './backOff.js';

/** How long images are collected, in milliseconds, before the engine is asked for them. */
const usualMs = (): number => 2_000;

/**
 * Images of one call that are exported while it continues for others, collected so that the engine
 * is asked for several at once.
 */
export class Exported {
  readonly #look: (references: readonly Reference[], tracker: StepTracker) => Promise<void>;
  readonly #collectMs: () => number;
  readonly #looks = new Set<Promise<void>>();
  readonly #ended = new AbortController();
  #collected: Reference[] = [];

  constructor(
    look: (references: readonly Reference[], tracker: StepTracker) => Promise<void>,
    collectMs: () => number = usualMs,
  ) {
    this.#look = look;
    this.#collectMs = collectMs;
  }

  /** `now` for what does not wait for company. */
  tell(reference: Reference, tracker: StepTracker, when: 'soon' | 'now' = 'soon'): void {
    if (when === 'now') {
      this.#looks.add(this.#look([reference], tracker));
    } else if (this.#collected.push(reference) === 1) {
      this.#looks.add(this.#lookSoon(tracker));
    }
  }

  /** The call is over: what is still being collected is left to whoever looks at all its images. */
  async settled(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#looks);
  }

  async #lookSoon(tracker: StepTracker): Promise<void> {
    const { signal } = this.#ended;
    await pauseFor(this.#collectMs(), signal);
    const references = this.#collected;
    this.#collected = [];
    if (!signal.aborted) {
      await this.#look(references, tracker);
    }
  }
}

/** Something to wait for that happens again and again. */
export class News {
  #tell: () => void = () => {};
  /** Settled by the next `tell`. */
  next: Promise<void> = this.#fresh();

  tell(): void {
    const tell = this.#tell;
    this.next = this.#fresh();
    tell();
  }

  #fresh(): Promise<void> {
    return new Promise((resolve) => {
      this.#tell = resolve;
    });
  }
}
