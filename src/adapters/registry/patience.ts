import { setTimeout as wait } from 'node:timers/promises';
import { type Answer, type Fault, failure, isTransient } from './fault.js';

/** How long a registry is borne with; all times in milliseconds. */
export interface Patience {
  /** One request with its body. */
  readonly requestMs: number;
  /** How often one question is asked at most. */
  readonly attempts: number;
  /** The wait before the second attempt is a random part of this; it doubles each time. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** How long one question waits in all where the registry says how long (Retry-After). */
  readonly longestAskedMs: number;
  /** All questions of a phase together; absent: no limit. */
  readonly totalMs?: number;
  /** After this many questions in a row without an answer, the registry counts as down. */
  readonly lostInARow: number;
}

export const defaultPatience: Patience = {
  requestMs: 20_000,
  attempts: 4,
  firstWaitMs: 500,
  longestWaitMs: 20_000,
  longestAskedMs: 300_000,
  lostInARow: 8,
};

/** The clock and the dice, so that tests need neither. */
export interface Timing {
  readonly now: () => number;
  /** Ends early, without an error, when the signal is aborted. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
}

export const realTiming: Timing = {
  now: Date.now,
  random: Math.random,
  sleep: async (milliseconds, signal) => {
    await wait(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  },
};

/** A shorter wait, in milliseconds, needs no sign of life. */
const noticedMs = 5_000;

/** How long the registry asks to be left alone, in milliseconds; 0 where it does not say. */
function toldWait(fault: Fault): number {
  return 'retryAfter' in fault ? (fault.retryAfter ?? 0) * 1000 : 0;
}

/**
 * Asks one host again where that can help: exponential backoff with full jitter, Retry-After
 * obeyed by everybody who asks that host, and an end once it is clear that it is down, so that a
 * thousand images do not wait for it one after another.
 */
export class Persistence {
  readonly #patience: Patience;
  readonly #timing: Timing;
  readonly #signal: AbortSignal | undefined;
  readonly #onWait: ((milliseconds: number, fault: Fault) => void) | undefined;
  /** When the phase ends: nobody waits for what comes later. */
  readonly #deadline: number;
  #pausedUntil = 0;
  #lost = 0;
  #down: Fault | undefined;

  /** `onWait` gets every wait that a registry asks for and that a person would notice. */
  constructor(
    patience: Patience,
    timing: Timing,
    signal?: AbortSignal,
    onWait?: (milliseconds: number, fault: Fault) => void,
  ) {
    this.#patience = patience;
    this.#timing = timing;
    this.#signal = signal;
    this.#onWait = onWait;
    this.#deadline = timing.now() + (patience.totalMs ?? Number.POSITIVE_INFINITY);
  }

  /** `waitsFor`: the faults after which it is asked again; all others are the answer. */
  async ask<T>(
    question: () => Promise<Answer<T>>,
    waitsFor: (fault: Fault) => boolean = isTransient,
  ): Promise<Answer<T>> {
    let attempt = 1;
    let asked = 0;
    for (;;) {
      await this.#pause();
      if (this.#down !== undefined) {
        return failure(this.#down);
      }
      const reply = await question();
      if (reply.ok || !waitsFor(reply.fault)) {
        this.#lost = 0;
        return reply;
      }
      const told = toldWait(reply.fault);
      asked += told;
      const delay = this.#jitter(attempt) + told;
      // Whoever is told when to come back has not been tried in vain.
      const isLast = told === 0 && attempt >= this.#attempts(reply.fault);
      if (isLast || asked > this.#patience.longestAskedMs || this.#isTooLate(told)) {
        return this.#give(reply);
      }
      if (told > 0) {
        this.#pauseAll(told, reply.fault);
      } else {
        attempt++;
      }
      await this.#timing.sleep(delay, this.#signal);
      if (this.#signal?.aborted) {
        return reply;
      }
    }
  }

  /** A limit that does not say how long it lasts lasts longer than a fault. */
  #attempts({ kind }: Fault): number {
    return kind === 'limited' ? 2 * this.#patience.attempts : this.#patience.attempts;
  }

  #jitter(attempt: number): number {
    const { firstWaitMs, longestWaitMs } = this.#patience;
    const most = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1));
    return this.#timing.random() * most;
  }

  #isTooLate(milliseconds: number): boolean {
    return milliseconds > 0 && this.#timing.now() + milliseconds >= this.#deadline;
  }

  #pauseAll(milliseconds: number, fault: Fault): void {
    const now = this.#timing.now();
    const until = now + milliseconds;
    // Told once, however many are told the same at the same time.
    if (milliseconds >= noticedMs && until - this.#pausedUntil >= noticedMs) {
      this.#onWait?.(milliseconds, fault);
    }
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  async #pause(): Promise<void> {
    const left = this.#pausedUntil - this.#timing.now();
    if (left > 0) {
      await this.#timing.sleep(left, this.#signal);
    }
  }

  #give<T>(reply: Answer<T> & { ok: false }): Answer<T> {
    this.#lost++;
    if (this.#lost >= this.#patience.lostInARow) {
      this.#down = reply.fault;
    }
    return reply;
  }
}
