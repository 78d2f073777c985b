import { randomUUID } from 'node:crypto';
import { usualWaveSize, wholePlan } from '#compiler/plan/limits.js';
import { type Prepared, toBuild } from '#fleet/status/prepare.js';
import { abilitiesOfAll } from '../abilities.js';
import type { OpenedBuild } from '../opened.js';
import { fitsOf } from '../platforms/fit.js';
import type { BuildOptions } from '../request.js';
import type { Limits } from './call.js';
import type { CallFrame } from './callPlan.js';
import { jobsOf, jobsOfEach } from './jobs.js';

/** What the bake calls of a build are made with: the same for a dry run and for the real one. */
export interface BuildPlan {
  readonly frame: CallFrame;
  readonly jobs: ReturnType<typeof jobsOf>;
  readonly limits: Limits;
}

export function buildPlan(
  {
    request,
    opened: { engine, pool },
    registries,
    sourcePolicies,
    rebuildKey,
    frontends,
  }: OpenedBuild,
  prepared: Prepared,
  proxyCredentials: CallFrame['proxyCredentials'],
): BuildPlan {
  const { graph } = request;
  const builders = pool?.length ?? 1;
  const abilities = abilitiesOfAll({ engine, pool });
  const building = toBuild(prepared.decisions);
  const wanted = new Set(building.map(({ reference }) => reference));
  const fits = fitsOf(graph, wanted, { engine, pool });
  const jobs = jobsOf(graph, building, request.durations, fits, frontends);
  const trees = new Set(graph.images.map((image) => image.rendered.definition.tree));
  return {
    frame: {
      graph,
      context: request.contexts.of,
      rebuildKey,
      transferTimeoutMs: request.transferTimeoutMs,
      proxyCredentials,
      sources: request.sources,
      keepsManifests: abilities.attestations,
      resources: request.containerLimits && abilities.resources,
      outside: prepared.outside,
      frontends,
      ...(sourcePolicies && { sourcePolicies }),
      writesCache: ({ rendered: { definition } }) =>
        abilities.cacheExport && (request.cacheWrite || registries.publishing.has(definition.tree)),
      definitions: prepared.definitions,
    },
    jobs,
    limits: {
      callSize: request.waveSize ?? (engine.builder.driver === 'docker' ? waveSize(jobs) : 0),
      jobs: jobsOfEach(request.jobs, trees, pool),
      builders,
      ...(pool === undefined ? {} : { staged: true }),
      retries: request.retries,
      // Through staging every builder sees what another one has made.
      seesLocalImages: engine.sharesImages || pool !== undefined,
    },
  };
}

/** The key of a rebuild: `fresh` is a new one, `date` the UTC date, so that a retry keeps its cache. */
export function rebuildKeyOf(wish: BuildOptions['rebuild'], now: Date): string | undefined {
  if (wish === undefined) {
    return now.toISOString().slice(0, 10);
  }
  if (wish === 'cache') {
    return undefined;
  }
  return wish === 'fresh' ? randomUUID() : wish.key;
}

/**
 * Only the docker driver has the limit of 250 streams. What fits into one call goes in one, since
 * no image waits there for others than its parents; more than that is quickest in smaller calls
 * (doc/dev/bake.md, Scale, Calls side by side).
 */
function waveSize(jobs: readonly unknown[]): number {
  return jobs.length <= wholePlan ? wholePlan : usualWaveSize;
}
