import { eachOf } from '#adapters/registry/pool.js';
import { groupBy } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import { isBuiltOn } from '#fleet/status/builtOn.js';
import type { Decision } from '#fleet/status/decide.js';
import type { Facts } from '#fleet/status/facts.js';
import { gatherFacts } from '#fleet/status/gather.js';
import type { Prepared } from '#fleet/status/prepare.js';
import type { BuildEnding } from './execute.js';
import type { OpenedRun } from './opened.js';
import type { Publisher } from './publish/publisher.js';
import type { Staged } from './publish/push.js';
import { debtsOf, neverPublished, publisherOf } from './publishing.js';
import { secretsIn } from './reached.js';
import type { Listener } from './report/event.js';
import { redacted } from './report/redacted.js';
import { jobsOfImages, placesOf } from './results/places.js';
import { pushesAtOnce } from './run/finish.js';
import type { StagingRepository } from './staging/repository.js';
import { tellDecisions } from './tellDecisions.js';

/** Which images a run publishes if a job of the matrix has made them. */
export function isDue(run: OpenedRun): (decision: Decision) => boolean {
  const { job, graph } = run.request;
  const jobs = job === undefined ? new Map() : jobsOfImages(job.matrix);
  const never = withheldIn(run);
  return (decision) => {
    const { reference, action } = decision;
    const tree = graph.byReference.get(reference)?.rendered.definition.tree;
    return (
      action === 'build' &&
      jobs.has(reference) &&
      tree !== undefined &&
      run.registries.publishing.has(tree) &&
      never(decision) === undefined
    );
  };
}

/** Why an image is not published although its tree is. */
function withheldIn(run: OpenedRun): (decision: Decision) => string | undefined {
  const never = new Map(neverPublished(run));
  return ({ reference, heldBack }) => heldBack ?? never.get(reference);
}

/**
 * Publishes what the jobs of a matrix have made, under its names: by digest, parents before children. What a job has not
 * made, and so what is built on it, is left out.
 */
export async function publishResults(
  run: OpenedRun,
  results: StagingRepository,
  prepared: Prepared,
  listener: Listener,
): Promise<BuildEnding> {
  const { request } = run;
  const listen = redacted(listener, secretsIn(run));
  const due = prepared.decisions.filter(({ action }) => action === 'finish');
  const references = due.map(({ reference }) => reference);
  listen({ kind: 'planned', toBuild: [], toFinish: references, toPublish: references });
  tellDecisions(request.graph, prepared.decisions, listen);
  tellWithheld(run, prepared, listen);
  const staged = await gatherFacts(request.graph, new Set(references), {
    accesses: new Map(),
    local: new Map(),
    ask: { signal: request.signal, cache: request.cache },
    ...(request.job === undefined ? {} : { placeOf: placesOf(request.job, results) }),
  });
  const publisher = publisherOf(run, listen);
  /** Why what is built on an image is not published. */
  const bad = new Map<Reference, string>();
  let unread = 0;
  const skip = (reference: Reference, reason: string): void => {
    listen({ kind: 'image-skipped', reference, reason });
  };
  const fail = (reference: Reference, reason: string, tail: readonly string[] = []): void => {
    bad.set(reference, `parent ${reference} failed, so it is not published`);
    listen({ kind: 'image-failed', reference, during: 'publish', reason, tail });
  };
  const one = async ({ reference }: Decision): Promise<void> => {
    // Not those of the decision: it names none of what is finished.
    const parents = request.graph.byReference.get(reference)?.parents ?? [];
    const found = staged.get(reference)?.registry;
    const culprit = parents.flatMap(({ parent }) => bad.get(parent) ?? [])[0];
    if (culprit !== undefined) {
      bad.set(reference, culprit);
      skip(reference, culprit);
    } else if (found?.kind === 'unknown' && found.answered === undefined) {
      unread++;
      bad.set(reference, `parent ${reference} cannot be read from staging`);
      skip(reference, `it cannot be read from staging: ${found.reason}`);
    } else if (found?.kind !== 'published') {
      fail(reference, found?.kind === 'unknown' ? found.reason : 'it is not in staging');
    } else {
      const problem =
        astray(run, prepared, staged, reference) ??
        (await published(reference, results.stagedAs(reference, found.digest), {
          run,
          publisher,
          listen,
        }));
      if (problem !== undefined && !request.signal.aborted) {
        fail(reference, problem.reason, problem.tail);
      }
    }
  };
  try {
    const levels = groupBy(due, ({ reference }) => request.graph.byReference.get(reference)?.level);
    for (const [, level] of [...levels].sort(([a = 0], [b = 0]) => a - b)) {
      await eachOf(level, pushesAtOnce, one);
    }
    if (request.signal.aborted) {
      return { kind: 'cancelled' };
    }
    const latestFailed = await publisher.conclude(debtsOf(run, prepared));
    return request.signal.aborted
      ? { kind: 'cancelled' }
      : { kind: 'finished', latestFailed, unread };
  } finally {
    publisher.close();
  }
}

/** Says which images of the matrix are not published, and why; of trees that publish nothing there is nothing to say. */
function tellWithheld(run: OpenedRun, { decisions }: Prepared, listen: Listener): void {
  const jobs = run.request.job === undefined ? new Map() : jobsOfImages(run.request.job.matrix);
  const reasonFor = withheldIn(run);
  for (const decision of decisions) {
    const { reference, action } = decision;
    const reason = reasonFor(decision);
    if (action === 'build' && jobs.has(reference) && reason !== undefined) {
      listen({ kind: 'withheld', reference, reason: `not published: ${reason}` });
    }
  }
}

interface Problem {
  readonly reason: string;
  readonly tail?: readonly string[];
}

/**
 * What is wrong with the parent that a staged image is built on: two runs of one job may each have put one of the two, or
 * another image of that version is published. Undefined: nothing, or nobody can tell.
 */
function astray(
  { request: { graph } }: OpenedRun,
  { facts }: Prepared,
  staged: ReadonlyMap<Reference, Facts>,
  reference: Reference,
): Problem | undefined {
  const base = graph.byReference.get(graph.byReference.get(reference)?.base as Reference);
  const layers = (of: Reference) => {
    const { registry } = staged.get(of) ?? facts.get(of) ?? {};
    return registry?.kind === 'published' && registry.config.known
      ? registry.config.value
      : undefined;
  };
  const [child, parent] = [layers(reference), base && layers(base.reference)];
  if (base === undefined || !child || !parent || isBuiltOn(child, parent)) {
    return undefined;
  }
  return {
    reason: staged.has(base.reference)
      ? `what is staged is not built on ${base.reference}: cut the matrix again`
      : `what is staged is built on another ${base.reference} than the published one: cut the matrix again with --unpublished, or give that image a new version`,
  };
}

/** Why an image is not published; undefined: it is. */
async function published(
  reference: Reference,
  staged: Staged,
  {
    run,
    publisher,
    listen,
  }: { readonly run: OpenedRun; readonly publisher: Publisher; readonly listen: Listener },
): Promise<Problem | undefined> {
  const { graph, host, signal } = run.request;
  const definition = graph.byReference.get(reference)?.rendered.definition;
  if (definition === undefined || signal.aborted) {
    return { reason: 'cancelled' };
  }
  const started = host.now().getTime();
  listen({ kind: 'publish-started', reference });
  const pushed = await publisher.push(definition, undefined, staged);
  if (pushed.kind === 'failed') {
    return pushed;
  }
  const { digest, size } = pushed;
  const milliseconds = host.now().getTime() - started;
  const stored = size === undefined ? {} : { size };
  listen({ kind: 'published', reference, digest, ...stored, milliseconds });
  listen({ kind: 'image-finished', reference });
  return undefined;
}
