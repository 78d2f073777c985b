import { setTimeout as sleep } from 'node:timers/promises';

/** Waits longer after each transient fault, with jitter so that builders do not meet again. */
export class BackOff {
  readonly #signal: AbortSignal;
  #faults = 0;
  #pause: Promise<unknown> | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get faults(): number {
    return this.#faults;
  }

  /** To be waited for before anything more is begun. */
  get pause(): Promise<unknown> | undefined {
    return this.#pause;
  }

  again(): void {
    this.#faults++;
    const most = Math.min(30_000, 1_000 * 2 ** this.#faults);
    const wait = most / 2 + (Math.random() * most) / 2;
    this.#pause = pauseFor(wait, this.#signal);
  }
}

/** Ends early, without an error, when the signal is aborted. */
export function pauseFor(milliseconds: number, signal: AbortSignal): Promise<unknown> {
  return sleep(milliseconds, undefined, { signal }).catch(() => {});
}
