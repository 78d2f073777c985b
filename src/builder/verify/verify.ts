import { arch } from 'node:os';
import type { Docker, DockerFailure } from '#adapters/docker/docker.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { hostTestDirectory, insideTests, testsOf } from '#compiler/tests/imageTests.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { normalPlatform, platformOfMachine } from '#formats/dockerfile/platform.js';
import { runTest } from './run.js';
import { runInsideTests } from './runInside.js';
import { dockerFor, type RunnablePlatforms, type Runs } from './runnable.js';
import { failed, type TestOptions, type TestResult } from './testResult.js';

/** Whether an image has any test: verify_command's, one inside it, or an ancestor's. */
export function hasTests(graph: Graph, reference: Reference): boolean {
  return testsOf(graph, reference) !== 'none';
}

interface BuiltImage {
  readonly reference: Reference;
  readonly id: Digest;
}

/** An engine that has an image for a platform, there under this ID. */
interface PlatformEngine {
  readonly kind: 'engine';
  readonly docker: Docker;
  readonly id: Digest;
}

/** The engines on which an image may be tested for a platform, the best first: each gets it when its turn comes. */
export type EnginesFor = (platform: string) => AsyncIterable<PlatformEngine | DockerFailure>;

export interface VerifyOptions extends TestOptions {
  readonly runnable: RunnablePlatforms;
  /** Where several engines have the image; absent: the one has all platforms. */
  readonly enginesFor?: EnginesFor;
}

/**
 * Everything that an image must pass, on each of its platforms that an engine runs, of which there has to be one. Those
 * that none can run are told.
 */
export async function verifyImage(
  docker: Docker,
  graph: Graph,
  image: BuiltImage,
  options: VerifyOptions,
): Promise<TestResult> {
  const { reference } = image;
  const platforms = graph.byReference.get(reference)?.platforms ?? [];
  const isOfMachine = platforms.length === 1 && isMachine(platforms[0] ?? '');
  if (platforms.length === 0 || isOfMachine || !hasTests(graph, reference)) {
    return verifyOnce(docker, graph, image, options);
  }
  const testedOn: string[] = [];
  const untestedOn: string[] = [];
  let milliseconds = 0;
  for (const platform of platforms) {
    const found = await engineRunning(docker, platform, image, options);
    if (found.kind === 'failed') {
      return failed(`it cannot be pulled to be tested on ${platform}: ${found.message}`);
    }
    if (found.kind === 'none') {
      untestedOn.push(platform);
      continue;
    }
    const { runs } = found;
    options.onOutput(`test on ${platform}\n`);
    const one = { reference, id: found.id };
    const result = await verifyOnce(dockerFor(found.docker, platform), graph, one, options);
    if (result.kind === 'passed') {
      testedOn.push(platform);
      milliseconds += result.milliseconds;
    } else if (result.kind === 'failed') {
      if (runs === 'yes' || !isFormatError(result)) {
        return { ...result, reason: `${result.reason} on ${platform}`, docker: found.docker };
      }
      untestedOn.push(platform);
    } else {
      return result;
    }
  }
  if (testedOn.length === 0) {
    const who = options.enginesFor === undefined ? 'the engine does not run' : 'no engine runs';
    const reason = `its test cannot be run: ${who} ${untestedOn.join(' or ')}`;
    return failed(`${reason} (install emulators: binfmt_misc)`);
  }
  const untested = untestedOn.length === 0 ? {} : { untestedOn };
  return { kind: 'passed', milliseconds, testedOn, ...untested };
}

/** The first engine that runs a platform. */
async function engineRunning(
  docker: Docker,
  platform: string,
  { reference, id }: BuiltImage,
  { runnable, enginesFor }: VerifyOptions,
): Promise<(PlatformEngine & { readonly runs: Runs }) | DockerFailure | { readonly kind: 'none' }> {
  if (enginesFor === undefined) {
    const runs = await runnable.runs(docker, platform, reference);
    return runs === 'no' ? { kind: 'none' } : { kind: 'engine', docker, id, runs };
  }
  let failure: DockerFailure | undefined;
  for await (const engine of enginesFor(platform)) {
    if (engine.kind === 'failed') {
      failure = engine;
      continue;
    }
    const runs = await runnable.runs(engine.docker, platform, reference);
    if (runs !== 'no') {
      return { ...engine, runs };
    }
  }
  return failure ?? { kind: 'none' };
}

function isMachine(platform: string): boolean {
  return normalPlatform(platform) === normalPlatform(platformOfMachine(arch()));
}

/** What docker and shells say of a program of another machine. */
function isFormatError({ reason, tail }: { reason: string; tail: readonly string[] }): boolean {
  return [reason, ...tail].some((line) => /\bexec format error\b/i.test(line));
}

/** The test on the host first, then those inside of the image. */
async function verifyOnce(
  docker: Docker,
  graph: Graph,
  image: BuiltImage,
  options: TestOptions,
): Promise<TestResult> {
  const { reference, id } = image;
  const { tree } = definitionOf(graph, reference);
  const directory = hostTestDirectory(definitionOf(graph, reference));
  const onHost: TestResult =
    directory === undefined
      ? { kind: 'none' }
      : await runTest(docker, { config: tree.config, directory, reference, id }, options);
  if (onHost.kind === 'failed' || onHost.kind === 'cancelled') {
    return onHost;
  }
  const tests = insideTests(graph, reference);
  if (tests.length === 0) {
    return onHost;
  }
  const { gossRequired } = tree.config;
  const inside = await runInsideTests(docker, { tests, reference, gossRequired }, options);
  if (inside.kind === 'none') {
    return onHost;
  }
  if (inside.kind !== 'passed' || onHost.kind === 'none') {
    return inside;
  }
  return { kind: 'passed', milliseconds: onHost.milliseconds + inside.milliseconds };
}

function definitionOf(graph: Graph, reference: Reference) {
  const image = graph.byReference.get(reference);
  if (image === undefined) {
    throw new Error(`unknown image ${reference}`);
  }
  return image.rendered.definition;
}
