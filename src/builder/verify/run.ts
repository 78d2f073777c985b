import type { Docker } from '#adapters/docker/docker.js';
import { containersOf, removeContainers } from '#adapters/docker/images.js';
import { runProgram } from '#adapters/process/process.js';
import { verification } from '#compiler/tests/hostTest.js';
import type { TreeConfig } from '#compiler/workspace/tree.js';
import type { Digest } from '#core/reference/brands.js';
import { verificationEnvironment } from './environment.js';
import { failed, resultOf, Tail, type TestOptions, type TestResult } from './testResult.js';

/** An image that is loaded and may be tested. */
export interface Testable {
  readonly config: TreeConfig;
  /** Absolute: `{path}` of the test's arguments. */
  readonly directory: string;
  readonly reference: string;
  readonly id: Digest;
}

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
  if (planned.kind === 'none') {
    return { kind: 'none' };
  }
  if (planned.kind === 'refused') {
    return failed(planned.reason);
  }

  const before = await containersOf(docker, id);
  const known = new Set(before.kind === 'done' ? before.value : []);
  const tail = new Tail();
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
  if (completion.kind !== 'not-started' && completion.outlived === true) {
    options.onWarning('its test has left a process running that is out of reach (setsid)');
  }
  const took = options.now() - started;
  return resultOf(completion, 'the test', took, options.timeoutMs, tail.lines);
}
