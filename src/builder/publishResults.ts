import { eachOf } from '#adapters/registry/pool.js';
import { groupBy } from '#core/data/groups.js';
import type { Reference } from '#core/reference/brands.js';
import { isBuiltOn } from '#fleet/status/builtOn.js';
import type { Decision } from '#fleet/status/decide.js';
import type { Facts } from '#fleet/status/facts.js';
import { gatherFacts } from '#fleet/status/gather.js';
import type { Prepared } from '#fleet/status/prepare.js';
import type { BuildEnding } from './execute.js';
import type { OpenedBuild } from './opened.js';
import type { Publisher } from './publish/publisher.js';
import { debtsOf, neverPublished, publisherOf } from './publishing.js';
import { secretsIn } from './reached.js';
import type { Listener } from './report/event.js';
import { redacted } from './report/redacted.js';
import { jobsOfImages, placesOf } from './results/places.js';
import { pushesAtOnce } from './run/finish.js';
import type { StagingRepository } from './staging/repository.js';

/**
 * Publishes what the jobs of a matrix have made, under its names: by digest, parents before children. What a job has not
 * made, and so what is built on it, is left out.
 */
export async function publishResults(
  build: OpenedBuild,
  results: StagingRepository,
  prepared: Prepared,
  listener: Listener,
): Promise<BuildEnding> {
  const { request } = build;
  const jobs = request.job === undefined ? new Map() : jobsOfImages(request.job.matrix);
  const listen = redacted(listener, secretsIn(build));
  const due = prepared.decisions.filter(
    ({ reference, action }) => jobs.has(reference) && (action === 'build' || action === 'finish'),
  );
  const references = due.map(({ reference }) => reference);
  listen({ kind: 'planned', toBuild: [], toFinish: references, toPublish: references });
  const staged = await gatherFacts(request.graph, new Set(references), {
    accesses: new Map(),
    local: new Map(),
    ask: { signal: request.signal, cache: request.cache },
    ...(request.job === undefined ? {} : { placeOf: placesOf(request.job, results) }),
  });
  const publisher = publisherOf(build, listen);
  const bad = new Map<Reference, Reference>();
  const fail = (reference: Reference, reason: string): void => {
    bad.set(reference, reference);
    listen({ kind: 'image-failed', reference, during: 'publish', reason, tail: [] });
  };
  const one = async (decision: Decision): Promise<void> => {
    const { reference } = decision;
    // Not those of the decision: of what this engine has too, it names none.
    const parents = request.graph.byReference.get(reference)?.parents ?? [];
    const found = staged.get(reference)?.registry;
    const culprit = parents.flatMap(({ parent }) => bad.get(parent) ?? [])[0];
    if (culprit !== undefined) {
      bad.set(reference, culprit);
      const reason = `parent ${culprit} failed, so it is not published`;
      listen({ kind: 'image-skipped', reference, reason });
      return;
    }
    if (found?.kind !== 'published') {
      fail(reference, found?.kind === 'unknown' ? found.reason : 'it is not in staging');
      return;
    }
    const base = astray(build, prepared, staged, reference);
    if (base !== undefined) {
      fail(reference, `what is staged is not built on ${base}: cut the matrix again`);
      return;
    }
    const staging = results.stagedAs(reference, found.digest);
    if (!(await published(decision, staging, { build, publisher, listen }))) {
      bad.set(reference, reference);
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
    const latestFailed = await publisher.conclude(debtsOf(build, prepared));
    return request.signal.aborted ? { kind: 'cancelled' } : { kind: 'finished', latestFailed };
  } finally {
    publisher.close();
  }
}

/**
 * The parent that a staged image is not built on: two runs of one job may each have put one of the two. Undefined: it is, or
 * nobody can tell.
 */
function astray(
  { request: { graph } }: OpenedBuild,
  { facts }: Prepared,
  staged: ReadonlyMap<Reference, Facts>,
  reference: Reference,
): Reference | undefined {
  const base = graph.byReference.get(graph.byReference.get(reference)?.base as Reference);
  const layers = (of: Reference) => {
    const { registry } = staged.get(of) ?? facts.get(of) ?? {};
    return registry?.kind === 'published' && registry.config.known
      ? registry.config.value
      : undefined;
  };
  const [child, parent] = [layers(reference), base && layers(base.reference)];
  return base === undefined || !child || !parent || isBuiltOn(child, parent)
    ? undefined
    : base.reference;
}

/** Whether an image is published, or is not to be. */
async function published(
  { reference, heldBack }: Decision,
  staged: Parameters<Publisher['push']>[2],
  {
    build,
    publisher,
    listen,
  }: {
    readonly build: OpenedBuild;
    readonly publisher: Publisher;
    readonly listen: Listener;
  },
): Promise<boolean> {
  const definition = build.request.graph.byReference.get(reference)?.rendered.definition;
  if (definition === undefined || build.request.signal.aborted) {
    return false;
  }
  const withheld = heldBack ?? new Map(neverPublished(build)).get(reference);
  if (withheld !== undefined || !publisher.covers(definition.tree)) {
    const reason = `not published: ${withheld ?? 'its tree publishes nothing'}`;
    listen({ kind: 'withheld', reference, reason });
    return true;
  }
  const started = build.request.host.now().getTime();
  listen({ kind: 'publish-started', reference });
  const pushed = await publisher.push(definition, undefined, staged);
  if (pushed.kind === 'failed') {
    const { reason, tail = [] } = pushed;
    listen({ kind: 'image-failed', reference, during: 'publish', reason, tail });
    return false;
  }
  const { digest, size } = pushed;
  const milliseconds = build.request.host.now().getTime() - started;
  const stored = size === undefined ? {} : { size };
  listen({ kind: 'published', reference, digest, ...stored, milliseconds });
  listen({ kind: 'image-finished', reference });
  return true;
}
