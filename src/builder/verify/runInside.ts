import { randomBytes } from 'node:crypto';
// biome-ignore-start lint/style/noRestrictedImports: copies tests to a temporary directory of its own, for the container.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { completeDocker, type Docker, runDocker } from '#adapters/docker/docker.js';
import { type Environment, runProgram } from '#adapters/process/process.js';
import type { InheritedTest } from '#compiler/tests/imageTests.js';
import { whyNot } from '#core/files/paths.js';
import { programAt } from '#core/files/programAt.js';
import { type Door, readInside } from '#core/files/readInside.js';
import { Refused } from '#core/files/refused.js';
import { type InsideRun, planInsideTest, type TestHost } from './inside.js';
import { failed, resultOf, Tail, type TestOptions, type TestResult } from './testResult.js';

export interface InsideInput {
  readonly tests: readonly InheritedTest[];
  readonly reference: string;
  /** Whether a test for goss fails where there is no goss. */
  readonly gossRequired: boolean;
}

/**
 * Runs an image's inside tests one after the other, each in a container of its own, until one
 * fails. A container is removed whatever becomes of its test. A test for goss is passed over, with
 * a warning, where there is no goss and none is required.
 */
export async function runInsideTests(
  docker: Docker,
  { tests, reference, gossRequired }: InsideInput,
  options: TestOptions,
): Promise<TestResult> {
  const host = testHost(docker.env);
  const started = options.now();
  let ran = false;
  for (const { owner, test, door } of tests) {
    const what = owner === reference ? test.shown : `${test.shown} (of ${owner})`;
    const result = await inContainer(docker, { test, door, reference, what, host }, options);
    if (result.kind === 'no-goss') {
      if (gossRequired) {
        return failed(`${what} needs goss, which is not installed here or in the image`);
      }
      options.onWarning(`${what} was not run: goss is not installed here or in the image`);
      continue;
    }
    if (result.kind !== 'passed') {
      return result;
    }
    ran = true;
  }
  return ran ? { kind: 'passed', milliseconds: options.now() - started } : { kind: 'none' };
}

interface OneTest {
  readonly test: InheritedTest['test'];
  readonly door: Door;
  readonly reference: string;
  readonly what: string;
  readonly host: Omit<TestHost, 'start'>;
}

async function inContainer(
  docker: Docker,
  { test, door, reference, what, host }: OneTest,
  options: TestOptions,
): Promise<TestResult | { readonly kind: 'no-goss' }> {
  const { signal, timeoutMs, onOutput, now } = options;
  const stage = mkdtempSync(join(tmpdir(), 'generate-bake-test-'));
  const container = `generate-bake-test-${randomBytes(6).toString('hex')}`;
  let run: InsideRun | undefined;
  try {
    run = planInsideTest(test, reference, container, join(stage, 'files'), {
      ...host,
      start: (file) => bytesOf(file, door, 4).toString('latin1'),
    });
    lay(run, join(stage, 'files'), door);
    const created = await runDocker(docker, run.create, { signal });
    if (created.kind === 'failed') {
      return ended(created, what);
    }
    const copied = await runDocker(docker, run.copy, { signal });
    if (copied.kind === 'failed') {
      return ended(copied, what);
    }
    const tail = new Tail();
    const take = (text: string): void => {
      tail.add(text);
      onOutput(text);
    };
    const started = now();
    const completion = await runProgram({
      program: docker.program,
      args: run.start,
      env: docker.env,
      cwd: docker.cwd,
      signal,
      timeoutMs,
      onStdout: take,
      onStderr: take,
    });
    if (run.askStatus !== undefined && completion.kind === 'exited' && completion.status !== 0) {
      const status = await runDocker(docker, run.askStatus, { signal });
      if (status.kind === 'done' && status.value.trim() === '127') {
        return { kind: 'no-goss' };
      }
    }
    return resultOf(completion, what, now() - started, timeoutMs, tail.lines);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed(`${what} cannot be run: ${reason}`);
  } finally {
    // Not with the signal: it may be what ended the test.
    if (run !== undefined) {
      await completeDocker(docker, run.remove);
    }
    rmSync(stage, { recursive: true, force: true });
  }
}

function ended(
  failure: { readonly reason: string; readonly message: string },
  what: string,
): TestResult {
  if (failure.reason === 'cancelled') {
    return { kind: 'cancelled' };
  }
  return failed(`${what} cannot be run: ${failure.message}`);
}

/** The image's user reads the files, whoever that is. */
function lay(run: InsideRun, directory: string, door: Door): void {
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  for (const { source, name, mode, isOfHost = false } of run.files) {
    const target = join(directory, name);
    if (isOfHost) {
      copyFileSync(source, target);
    } else {
      writeFileSync(target, bytesOf(source, door));
    }
    chmodSync(target, mode);
  }
}

/** A test is a file of the repository, however it is reached. */
function bytesOf(file: string, door: Door, most?: number): Buffer {
  try {
    return readInside(file, door, most);
  } catch (cause) {
    throw new Refused(`${basename(file)} ${whyNot(cause)}`);
  }
}

function testHost(env: Environment): Omit<TestHost, 'start'> {
  const path = (env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const goss = programAt('goss', path.join(':'), '/');
  return { ...(goss === undefined ? {} : { goss }), exists: existsSync };
}
