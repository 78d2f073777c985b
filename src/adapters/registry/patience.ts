import { setTimeout as wait } from 'node:timers/promises';
import { type Answer, type Fault, failure, isTransient } from './fault.js';
import { untold, type Waits } from './waits.js';

/** How long a registry is borne with; all times in milliseconds. */
export interface Patience {
  /** One request with its body. */
  readonly requestMs: number;
  /** What takes a registry long: a list of tags, a manifest that is put. */
  readonly slowRequestMs: number;
  /** How often one question is asked at most. */
  readonly attempts: number;
  /** How often, where nothing is answered within the time of a request. */
  readonly silentAttempts: number;
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
  requestMs: 15_000,
  slowRequestMs: 60_000,
  attempts: 4,
  silentAttempts: 2,
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

/** So many milliseconds does a command that somebody waits for bear in all with Retry-After. */
export const shortAllowanceMs = 60_000;

/** How long a run still waits because registries say so, all of them and all its phases together. */
export class Allowance {
  #leftMs: number;

  constructor(milliseconds: number) {
    this.#leftMs = milliseconds;
  }

  /** Takes this much of it; false: there is not so much left, and nothing was taken. */
  take(milliseconds: number): boolean {
    if (milliseconds > this.#leftMs) {
      return false;
    }
    this.#leftMs -= milliseconds;
    return true;
  }
}

/** Who is asked, for signs of life. */
export interface Partner {
  readonly host: string;
  readonly waits: Waits;
  /** Absent: each question waits by its own limit alone. */
  readonly allowance?: Allowance;
  /** What a fault is, in a sentence. */
  readonly describe: (fault: Fault) => string;
}

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
  readonly #partner: Partner;
  /** When the phase ends: nobody waits for what comes later. */
  readonly #deadline: number;
  #pausedUntil = 0;
  #pausedFor = '';
  #lost = 0;
  #down: Fault | undefined;

  constructor(
    patience: Patience,
    timing: Timing,
    signal?: AbortSignal,
    partner: Partner = { host: '', waits: untold, describe: () => '' },
  ) {
    this.#patience = patience;
    this.#timing = timing;
    this.#signal = signal;
    this.#partner = partner;
    this.#deadline = timing.now() + (patience.totalMs ?? Number.POSITIVE_INFINITY);
  }

  /**
   * `waitsFor`: the faults after which it is asked again; all others are the answer. `first` is the
   * number of the first attempt: a question that was asked in another form counts as one.
   */
  async ask<T>(
    question: () => Promise<Answer<T>>,
    waitsFor: (fault: Fault) => boolean = isTransient,
    first = 1,
  ): Promise<Answer<T>> {
    let attempt = first;
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
      if (told > 0 && !this.#mayPause(told)) {
        return this.#give(failure({ ...reply.fault, isTooLong: true }));
      }
      const why = this.#partner.describe(reply.fault);
      const reason =
        told > 0 ? `${why}; waiting ${Math.ceil(told / 1000)} s` : `${why}; trying again`;
      if (told > 0) {
        this.#pauseAll(told, reason);
      } else {
        attempt++;
      }
      await this.#sleep(delay, reason);
      if (this.#signal?.aborted) {
        return reply;
      }
    }
  }

  /** A limit that does not say how long it lasts lasts longer than a fault. */
  #attempts({ kind }: Fault): number {
    const { attempts, silentAttempts } = this.#patience;
    switch (kind) {
      case 'limited':
        return 2 * attempts;
      case 'timeout':
        return Math.min(attempts, silentAttempts);
      default:
        return attempts;
    }
  }

  #jitter(attempt: number): number {
    const { firstWaitMs, longestWaitMs } = this.#patience;
    const most = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1));
    return this.#timing.random() * most;
  }

  #isTooLate(milliseconds: number): boolean {
    return milliseconds > 0 && this.#timing.now() + milliseconds >= this.#deadline;
  }

  /** What others wait for already costs nothing more. */
  #mayPause(milliseconds: number): boolean {
    const more = this.#timing.now() + milliseconds - this.#pausedUntil;
    const { allowance } = this.#partner;
    return allowance === undefined || more <= 0 || allowance.take(Math.min(more, milliseconds));
  }

  #pauseAll(milliseconds: number, reason: string): void {
    const until = this.#timing.now() + milliseconds;
    if (until > this.#pausedUntil) {
      this.#pausedUntil = until;
      this.#pausedFor = reason;
    }
  }

  async #sleep(milliseconds: number, reason: string): Promise<void> {
    const wait = this.#partner.waits.begin(this.#partner.host);
    wait.because(reason);
    try {
      await this.#timing.sleep(milliseconds, this.#signal);
    } finally {
      wait.end();
    }
  }

  async #pause(): Promise<void> {
    const left = this.#pausedUntil - this.#timing.now();
    if (left > 0) {
      await this.#sleep(left, this.#pausedFor);
    }
  }

  #give<T>(reply: ReturnType<typeof failure>): Answer<T> {
    this.#lost++;
    if (this.#lost >= this.#patience.lostInARow) {
      this.#down = reply.fault;
    }
    return reply;
  }
}
