import type { Docker } from '../engine/docker.js';
import { containersOf, removeContainers } from '../engine/images.js';
import { type Completion, runProgram } from '../engine/process.js';
import type { Digest } from '../reference/brands.js';
import type { TreeConfig } from '../workspace/tree.js';
import { verification, verificationEnvironment } from './command.js';

/** An image that is loaded and may be tested. */
export interface Testable {
  readonly config: TreeConfig;
  /** The image's directory, absolute. */
  readonly directory: string;
  readonly reference: string;
  readonly id: Digest;
}

export type TestResult =
  | { readonly kind: 'passed'; readonly milliseconds: number }
  /** The image has no test. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly reason: string; readonly tail: readonly string[] }
  | { readonly kind: 'cancelled' };

export interface TestOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onOutput: (text: string) => void;
  /** Milliseconds of any origin. */
  readonly now: () => number;
}

const TAIL_LINES = 20;

/**
 * Runs an image's test on the host, as docker-pkg does. A test that is killed (time limit, Ctrl-C)
 * leaves no process of its group behind, and no container of the image that it had started.
 */
export async function runTest(
  docker: Docker,
  image: Testable,
  options: TestOptions,
): Promise<TestResult> {
  const { config, directory, reference, id } = image;
  const planned = verification(config, directory, reference);
  if (planned.kind === 'none') return { kind: 'none' };
  if (planned.kind === 'refused') return failed(planned.reason);

  const before = await containersOf(docker, id);
  const known = new Set(before.kind === 'done' ? before.value : []);
  const tail = new Tail(TAIL_LINES);
  const take = (text: string): void => {
    tail.add(text);
    options.onOutput(text);
  };
  const started = options.now();
  const completion = await runProgram({
    program: planned.command,
    args: planned.args,
    cwd: docker.cwd,
    env: verificationEnvironment(config, docker.env),
    signal: options.signal,
    timeoutMs: options.timeoutMs,
    sweep: true,
    onStdout: take,
    onStderr: take,
  });
  if (completion.kind === 'timed-out' || completion.kind === 'cancelled') {
    const after = await containersOf(docker, id);
    const left = after.kind === 'done' ? after.value.filter((one) => !known.has(one)) : [];
    await removeContainers(docker, left);
  }
  return resultOf(completion, options.now() - started, options.timeoutMs, tail.lines);
}

function resultOf(
  completion: Completion,
  milliseconds: number,
  timeoutMs: number,
  tail: readonly string[],
): TestResult {
  switch (completion.kind) {
    case 'exited':
      return completion.status === 0
        ? { kind: 'passed', milliseconds }
        : failed(`the test exited with status ${completion.status}`, tail);
    case 'killed':
      return failed(`the test was ended by ${completion.signal}`, tail);
    case 'timed-out':
      return failed(`the test did not end within ${timeoutMs / 1000} s`, tail);
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'not-started':
      // docker-pkg refuses to publish anything that it has no way of testing.
      return failed(`the test cannot be run: ${completion.message}`);
  }
}

function failed(reason: string, tail: readonly string[] = []): TestResult {
  return { kind: 'failed', reason, tail };
}

/** The last lines of an output that may be megabytes. */
class Tail {
  readonly #most: number;
  #text = '';

  constructor(most: number) {
    this.#most = most;
  }

  add(text: string): void {
    this.#text = (this.#text + text).slice(-this.#most * 1000);
  }

  get lines(): readonly string[] {
    return this.#text.replace(/\n$/, '').split('\n').slice(-this.#most);
  }
}
