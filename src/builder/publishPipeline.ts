import { hasErrors } from '#core/diagnostics/diagnostic.js';
import { prepare } from '#fleet/status/prepare.js';
import type { BuildEnding } from './execute.js';
import { hostsOf, lockEngines } from './lockEngine.js';
import type { OpenedRun } from './opened.js';
import { missingHooksOf, openPublishing } from './openPublishing.js';
import { isDue, publishResults } from './publishResults.js';
import type { Asking, BuildReporter } from './reporter.js';
import type { BuildRequest } from './request.js';
import { openSecrets } from './secrets.js';
import { openResults, stagingObstacles } from './staging/open.js';
import type { StagingRepository } from './staging/repository.js';

/** What the last job of a matrix does: it asks registries alone, since it builds nothing, and publishes by digest. */
export async function publishPipeline(
  request: BuildRequest,
  reporter: BuildReporter,
): Promise<BuildEnding> {
  const run = await open(request, reporter);
  if (run.kind !== 'opened') {
    return run;
  }
  const { opened, results } = run;
  const { registries } = opened;
  const lock = await lockEngines(
    [{ id: 'publish', what: 'this machine' }],
    hostsOf(registries.publishing),
    request,
  );
  if (lock.kind === 'refused') {
    return lock.ending;
  }
  try {
    const preparation = await prepare({
      ...request,
      ...registries,
      tagging: request.latest === 'never' ? new Set() : registries.publishing,
      context: request.contexts.of,
      now: request.host.now(),
    });
    if (request.signal.aborted) {
      return { kind: 'cancelled' };
    }
    // Only an engine makes it fail, and none is asked.
    if (preparation.kind === 'failed') {
      throw new Error(preparation.message);
    }
    const { decisions, untold, unlisted } = preparation.prepared;
    const found = [...request.warnings, ...request.contexts.diagnostics];
    if (hasErrors(found)) {
      return { kind: 'wrong', diagnostics: found };
    }
    reporter.definitions(found);
    reporter.diagnostics(untold);
    for (const line of unlisted) {
      reporter.info(line);
    }
    const due = isDue(opened);
    // What other jobs have built is only published.
    const prepared = {
      ...preparation.prepared,
      decisions: decisions.map((one) => (due(one) ? { ...one, action: 'finish' as const } : one)),
    };
    const listen = await reporter.decided(prepared.decisions, opened);
    return await publishResults(opened, results, prepared, listen);
  } finally {
    lock.release();
  }
}

type Opening =
  | {
      readonly kind: 'opened';
      readonly opened: OpenedRun;
      readonly results: StagingRepository;
    }
  | Exclude<BuildEnding, { kind: 'finished' }>;

/** Finds how the registries are reached. */
async function open(request: BuildRequest, reporter: Asking): Promise<Opening> {
  const obstacles = stagingObstacles(request);
  if (hasErrors(obstacles)) {
    return { kind: 'wrong', diagnostics: obstacles };
  }
  const secrets = openSecrets(request.sources, request.host);
  if (hasErrors(secrets.diagnostics)) {
    return { kind: 'wrong', diagnostics: secrets.diagnostics };
  }
  const publishable = await openPublishing(request, request.publish, true);
  if (publishable.kind !== 'opened') {
    return publishable;
  }
  const { registries, sources } = publishable;
  const hooks = missingHooksOf(request, registries);
  if (hooks.length > 0) {
    return { kind: 'wrong', diagnostics: hooks };
  }
  const results = await openResults(request, registries, sources);
  if (hasErrors(results.diagnostics) || results.value === undefined) {
    return { kind: 'wrong', diagnostics: results.diagnostics };
  }
  reporter.diagnostics([...secrets.diagnostics, ...publishable.warnings]);
  const opened = {
    request,
    secrets: secrets.value,
    registries,
    results: results.value,
    rebuildKey: undefined,
  };
  return { kind: 'opened', opened, results: results.value };
}
