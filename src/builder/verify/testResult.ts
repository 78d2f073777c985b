import type { Docker } from '#adapters/docker/docker.js';
import type { Completion } from '#adapters/process/process.js';

export type TestResult =
  | ({ readonly kind: 'passed'; readonly milliseconds: number } & TestedPlatforms)
  /** The image has no test. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly tail: readonly string[];
      /** Where it failed, of several engines; absent: there is one. */
      readonly docker?: Docker;
    }
  | { readonly kind: 'cancelled' };

/** Of an image for several platforms, or for another than this machine's. */
interface TestedPlatforms {
  /** Where its tests have passed; absent: on the engine's own. */
  readonly testedOn?: readonly string[];
  /** What the engine cannot run; absent: nothing. */
  readonly untestedOn?: readonly string[];
}

export interface TestOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onOutput: (text: string) => void;
  /** A sentence that whoever started the run should see. */
  readonly onWarning: (message: string) => void;
  /** Milliseconds of any origin. */
  readonly now: () => number;
}

/** @param what what ran, for the middle of a sentence: `the test` */
export function resultOf(
  completion: Completion,
  what: string,
  milliseconds: number,
  timeoutMs: number,
  tail: readonly string[],
): TestResult {
  switch (completion.kind) {
    case 'exited':
      return completion.status === 0
        ? { kind: 'passed', milliseconds }
        : failed(`${what} exited with status ${completion.status}`, tail);
    case 'killed':
      return failed(`${what} was ended by ${completion.signal}`, tail);
    case 'timed-out':
      return failed(`${what} did not end within ${timeoutMs / 1000} s`, tail);
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'not-started':
      // docker-pkg refuses to publish anything that it has no way of testing.
      return failed(`${what} cannot be run: ${completion.message}`);
  }
}

export function failed(reason: string, tail: readonly string[] = []): TestResult {
  return { kind: 'failed', reason, tail };
}

const tailLines = 20;

/** The last lines of an output that may be megabytes. */
export class Tail {
  #text = '';

  add(text: string): void {
    this.#text = (this.#text + text).slice(-tailLines * 1000);
  }

  get lines(): readonly string[] {
    if (this.#text === '') {
      return [];
    }
    return this.#text.replace(/\n$/, '').split('\n').slice(-tailLines);
  }
}
