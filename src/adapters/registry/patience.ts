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

/**
 * Asks one host again where that can help: exponential backoff with full jitter, Retry-After
 * obeyed by everybody who asks that host, and an end once it is clear that it is down, so that a
 * thousand images do not wait for it one after another.
 */
export class Persistence {
  readonly #patience: Patience;
  readonly #timing: Timing;
  readonly #signal: AbortSignal | undefined;
  #pausedUntil = 0;
  #lost = 0;
  #down: Fault | undefined;

  constructor(patience: Patience, timing: Timing, signal?: AbortSignal) {
    this.#patience = patience;
    this.#timing = timing;
    this.#signal = signal;
  }

  async ask<T>(question: () => Promise<Answer<T>>): Promise<Answer<T>> {
    for (let attempt = 1; ; attempt++) {
      await this.#pause();
      if (this.#down !== undefined) {
        return failure(this.#down);
      }
      const reply = await question();
      if (reply.ok || !isTransient(reply.fault)) {
        this.#lost = 0;
        return reply;
      }
      const delay = this.#delay(attempt, reply.fault);
      if (attempt >= this.#patience.attempts || delay === undefined) {
        return this.#give(reply);
      }
      await this.#timing.sleep(delay, this.#signal);
      if (this.#signal?.aborted) {
        return reply;
      }
    }
  }

  async #pause(): Promise<void> {
    const left = this.#pausedUntil - this.#timing.now();
    if (left > 0) {
      await this.#timing.sleep(left, this.#signal);
    }
  }

  /** How long to wait before the next attempt; undefined where the registry asks for too long. */
  #delay(attempt: number, fault: Fault): number | undefined {
    const { firstWaitMs, longestWaitMs } = this.#patience;
    const most = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1));
    const jitter = this.#timing.random() * most;
    const asked = 'retryAfter' in fault ? (fault.retryAfter ?? 0) * 1000 : 0;
    if (asked > longestWaitMs) {
      return undefined;
    }
    if (asked > 0) {
      this.#pausedUntil = Math.max(this.#pausedUntil, this.#timing.now() + asked);
    }
    return asked + jitter;
  }

  #give<T>(reply: Answer<T> & { ok: false }): Answer<T> {
    this.#lost++;
    if (this.#lost >= this.#patience.lostInARow) {
      this.#down = reply.fault;
    }
    return reply;
  }
}
