import { resolve } from 'node:path';
import { type JobWish, type Matrix, readMatrix } from '#builder/matrix/document.js';
import type { Contexts } from '#compiler/context/contexts.js';
import { definitionDigests } from '#compiler/plan/definitionDigest.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readBytes } from '#core/files/readBytes.js';
import type { Reference } from '#core/reference/brands.js';
import { some } from '#core/text/some.js';
import type { CompiledTrees } from './compileTrees.js';
import { type JobInput, noSelection } from './line/jobLine.js';

const again = 'make it again from what is checked out here: generate-bake matrix --format json';

/** In bytes: of hundreds of thousands of images. */
const largest = 64 * 1024 * 1024;

/** The job that is meant. */
export function readJob({ name, file }: JobInput, cwd: string): Outcome<JobWish | undefined> {
  const wrong = (message: string, hint: string) => ({
    value: undefined,
    diagnostics: [error('matrix', message, { place: { file }, hint })],
  });
  const named = 'name the file that the job before has made';
  let text: string;
  try {
    const bytes = readBytes(resolve(cwd, file), largest + 1);
    if (bytes.length > largest) {
      return wrong('the matrix cannot be used: it is larger than 64 MiB', named);
    }
    text = bytes.toString('utf8');
  } catch (cause) {
    return wrong(`the matrix ${whyNot(cause)}`, named);
  }
  const reading = readMatrix(text);
  if (reading.kind === 'wrong') {
    return wrong(`the matrix cannot be used: ${reading.reason}`, again);
  }
  const { matrix } = reading;
  if (name !== 'publish' && !matrix.jobs.some(({ job }) => job === name)) {
    const { length } = matrix.jobs;
    const jobs = length === 0 ? 'no jobs' : `the jobs 1/${length} to ${length}/${length}`;
    return wrong(`the matrix has no job ${name}`, `it has ${jobs}, and publish`);
  }
  return { value: { matrix, name }, diagnostics: [] };
}

/** The trees with the images of a job, and nothing else, selected. */
export function ofJob(compiled: CompiledTrees, job: JobWish): Outcome<CompiledTrees | undefined> {
  if (compiled.named.size > 0) {
    return { value: undefined, diagnostics: [error('usage', noSelection)] };
  }
  const images = imagesOf(job);
  const known = new Set(compiled.graph.images.map(({ reference }) => reference));
  const missing = [...images.keys()].filter((reference) => !known.has(reference));
  if (missing.length > 0) {
    const message = `the matrix is of other trees: here is no ${some(missing, mostNames)}`;
    return { value: undefined, diagnostics: [error('matrix', message, { hint: again })] };
  }
  const { broken } = compiled;
  const value = {
    ...compiled,
    selected: new Set(images.keys()),
    // What is broken is in no job.
    broken: { selected: [], named: [], others: [...broken.selected, ...broken.others] },
  };
  return { value, diagnostics: [] };
}

/** Whether the images of a job are still made of what they were when the matrix was. */
export function jobProblems(graph: Graph, contexts: Contexts, job: JobWish): readonly Diagnostic[] {
  const images = imagesOf(job);
  const digests = definitionDigests(graph, new Set(images.keys()), contexts.of);
  const others = [...images].flatMap(([reference, definition]) =>
    digests.get(reference) === definition ? [] : [reference],
  );
  if (others.length === 0) {
    return [];
  }
  const message = `the matrix is of another commit: here ${some(others, mostNames)} is made of something else`;
  return [error('matrix', message, { hint: again })];
}

const mostNames = 3;

function imagesOf({ matrix, name }: { readonly matrix: Matrix; readonly name: string }) {
  const jobs = matrix.jobs.filter(({ job }) => name === 'publish' || job === name);
  return new Map<Reference, string>(
    jobs.flatMap(({ images }) =>
      images.map(({ reference, definition }) => [reference, definition] as const),
    ),
  );
}
