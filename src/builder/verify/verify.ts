import type { Docker } from '#adapters/docker/docker.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { hostTestDirectory, insideTests, testsOf } from '#compiler/tests/imageTests.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import { runTest } from './run.js';
import { runInsideTests } from './runInside.js';
import type { TestOptions, TestResult } from './testResult.js';

/** Whether an image has any test: verify_command's, one inside it, or an ancestor's. */
export function hasTests(graph: Graph, reference: Reference): boolean {
  return testsOf(graph, reference) !== 'none';
}

/** Everything that an image must pass: the test on the host first, then those inside it. */
export async function verifyImage(
  docker: Docker,
  graph: Graph,
  image: { readonly reference: Reference; readonly id: Digest },
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
