/**
 * What `build` does, without a terminal: engine, registries, lock, facts, root filesystems, run,
 * publish, report. The trees are compiled already; whoever calls this decides what is printed.
 */
import { engineIdentity } from '#adapters/docker/identity.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error, hasErrors } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { concerned, type Decision } from '#fleet/status/decide.js';
import { type Prepared, prepare, toBuild } from '#fleet/status/prepare.js';
import { abilitiesOfAll } from './abilities.js';
import { attestedSecrets } from './attestedSecrets.js';
import { bakeArgProblems, cachedPrivates } from './bakeArgsFit.js';
import { expectedDuration } from './durations/remaining.js';
import { openEngine } from './engine.js';
import { type BuildEnding, execute } from './execute.js';
import { expectedRun } from './expectedRun.js';
import { askFrontends, unseenParents } from './frontends.js';
import { approvalProblems, awaitingIn } from './gate/approved.js';
import { hostsOf, lockEngines } from './lockEngine.js';
import type { OpenedBuild } from './opened.js';
import { missingHooksOf, openPublishing } from './openPublishing.js';
import { platformObstacles } from './platforms/fit.js';
import { unenforcedProblems } from './policy/enforcing.js';
import { openSourcePolicies } from './policy/sourcePolicies.js';
import { dockerDirectory } from './publish/login.js';
import { publishPipeline } from './publishPipeline.js';
import { type Forecast, forecast } from './report/forecast.js';
import type { Asking, BuildReporter } from './reporter.js';
import type { BuildRequest } from './request.js';
import { placesOf } from './results/places.js';
import { makeMissingRootfs, missingRootfs, usualMode } from './rootfs.js';
import { basesOf } from './run/bases.js';
import { buildPlan, rebuildKeyOf } from './run/buildPlan.js';
import { dryRun } from './run/dryRun.js';
import { askKept, type KeptImage } from './run/keptNames.js';
import { openSecrets, secretProblems, unusedSecrets } from './secrets.js';
import { obstaclesFor, openResults, openStaging, stagingObstacles } from './staging/open.js';
import { cacheProblems, manifestProblems, unableProblems } from './unable.js';
import { untestedBy } from './untested.js';
import { builderLocks, engineNeeds, untestedWarning } from './withoutEngine.js';

/** How a build ended before anything ran, and how it ended otherwise. */
export type PipelineEnding =
  | BuildEnding
  /** A root filesystem that the images need could not be made. */
  | { readonly kind: 'failed'; readonly diagnostics: readonly Diagnostic[] }
  | TooMany;

/** More images would be built than `maxImages` allows: nothing is. */
interface TooMany {
  readonly kind: 'too-many';
  readonly most: number;
  readonly building: readonly Decision[];
}

/** Builds, tests and publishes what is missing of the selected images and of what they need. */
export async function runPipeline(
  request: BuildRequest,
  reporter: BuildReporter,
): Promise<PipelineEnding> {
  if (request.job?.name === 'publish') {
    return publishPipeline(request, reporter);
  }
  const opening = await open(request, reporter, false);
  if (opening.kind !== 'opened') {
    return opening;
  }
  const { publishing } = opening.build.registries;
  const lock = await lockEngines(locked(opening.build), hostsOf(publishing), request);
  if (lock.kind === 'refused') {
    return lock.ending;
  }
  try {
    const preparation = await preparePipeline(opening.build, reporter, false);
    if (preparation.kind !== 'prepared') {
      return preparation;
    }
    const { prepared, build } = preparation;
    const refusal = tooMany(request, prepared);
    if (refusal !== undefined) {
      return refusal;
    }
    const building = new Set(toBuild(prepared.decisions).map(({ reference }) => reference));
    const { host, signal } = request;
    const makings = await makeMissingRootfs(request, building, {
      mode: usualMode(host),
      host,
      signal,
      listen: reporter.rootfs,
    });
    if (makings.kind === 'cancelled' || signal.aborted) {
      return { kind: 'cancelled' };
    }
    if (hasErrors(makings.problems)) {
      return { kind: 'failed', diagnostics: makings.problems };
    }
    const listen = await reporter.decided(prepared.decisions, build);
    return await execute(build, prepared, listen);
  } finally {
    lock.release();
  }
}

/** The engines whose stores a run writes to; without any, its builders. */
function locked({ request, identity, opened }: OpenedBuild) {
  const { docker, pool = [], withoutEngine } = opened;
  if (withoutEngine !== undefined) {
    return builderLocks(opened, request);
  }
  const others = pool.filter((one) => one.docker !== docker).map((one) => one.identity);
  return [identity, ...others];
}

export type DryRunEnding =
  | {
      readonly kind: 'planned';
      /** The bake files, one a call, in order. */
      readonly plans: readonly string[];
      /** What is wrong with images that cannot be planned, and the images that are built on them. */
      readonly failed: readonly Diagnostic[];
      readonly skipped: readonly Reference[];
      readonly decisions: readonly Decision[];
      /** The local names that images which are built already would get. */
      readonly kept: ReadonlyMap<Reference, KeptImage>;
      /** The same in words. */
      readonly forecast: Forecast;
      /** How long it would take by earlier runs, in milliseconds; absent: they do not say. */
      readonly milliseconds?: number;
      /** The bases that are pulled first. */
      readonly bases: readonly string[];
      /** The directories of root filesystems that are made first. */
      readonly rootfs: readonly string[];
    }
  | Exclude<PipelineEnding, { kind: 'finished' }>;

/** What a build would do, and the bake files that it would run; it asks and changes nothing, not even its own cache. */
export async function dryRunPipeline(
  request: BuildRequest,
  reporter: Asking,
): Promise<DryRunEnding> {
  const opening = await open(request, reporter, true);
  if (opening.kind !== 'opened') {
    return opening;
  }
  const preparation = await preparePipeline(opening.build, reporter, true);
  if (preparation.kind !== 'prepared') {
    return preparation;
  }
  const { prepared, build } = preparation;
  const refusal = tooMany(request, prepared);
  if (refusal !== undefined) {
    return refusal;
  }
  const { frame, jobs, limits } = buildPlan(build, prepared, 'refuse');
  const { diagnostics, faulty, ...planned } = dryRun(frame, jobs, limits);
  if (hasErrors(diagnostics)) {
    return { kind: 'wrong', diagnostics };
  }
  const { decisions } = prepared;
  const unplanned = new Set([...faulty, ...planned.skipped]);
  const building = new Set(
    toBuild(decisions)
      .map(({ reference }) => reference)
      .filter((reference) => !unplanned.has(reference)),
  );
  const rootfs = await missingRootfs(request, building, request.host.now());
  const expected = expectedRun(
    build,
    decisions.filter(({ reference }) => !unplanned.has(reference)),
  );
  const milliseconds = expectedDuration(expected);
  return {
    kind: 'planned',
    ...(milliseconds === undefined ? {} : { milliseconds }),
    ...planned,
    decisions,
    kept:
      request.latest === 'never'
        ? new Map()
        : await askKept(build.opened.docker, request.graph, prepared, { signal: request.signal }),
    forecast: forecast(build, decisions, unplanned),
    bases: [...basesOf(request.graph, request.pull ? building : new Set()).keys()],
    rootfs: rootfs.map(({ image }) => image.shown),
  };
}

function tooMany({ maxImages }: BuildRequest, { decisions }: Prepared): TooMany | undefined {
  const building = toBuild(decisions);
  return maxImages === undefined || building.length <= maxImages
    ? undefined
    : { kind: 'too-many', most: maxImages, building };
}

type Opening =
  | { readonly kind: 'opened'; readonly build: OpenedBuild }
  | Exclude<BuildEnding, { kind: 'finished' }>;

/** Finds the engine and how the registries are reached, and checks the options against both. */
async function open(asked: BuildRequest, reporter: Asking, isDryRun: boolean): Promise<Opening> {
  const { graph, selected, host, signal } = asked;
  const obstacles = stagingObstacles(asked);
  if (hasErrors(obstacles)) {
    return { kind: 'wrong', diagnostics: obstacles };
  }
  const trees = new Set(
    graph.images
      .filter((image) => selected.has(image.reference))
      .map((image) => image.rendered.definition.tree),
  );
  const opened = await openEngine({ ...asked, dryRun: isDryRun }, trees, host, signal);
  if (opened.kind !== 'opened') {
    return opened.kind === 'cancelled'
      ? opened
      : { kind: 'unusable', diagnostics: [opened.diagnostic] };
  }
  const { withoutEngine } = opened;
  const needs = withoutEngine === undefined ? [] : engineNeeds(asked, withoutEngine);
  if (needs.length > 0) {
    return { kind: 'unusable', diagnostics: needs };
  }
  // What was not tested is published by nothing below.
  const request: BuildRequest =
    withoutEngine === undefined ? asked : { ...asked, publish: 'never' };
  const { bakeArgs } = request;
  const building = concerned(graph, selected);
  const secrets = openSecrets(request.sources, host);
  const policy = openSourcePolicies(request);
  const problems = [
    ...(withoutEngine === undefined
      ? []
      : [untestedWarning(withoutEngine), ...obstaclesFor(asked, 'builds without an engine')]),
    ...bakeArgProblems(bakeArgs, graph, opened.engine),
    ...cachedPrivates(bakeArgs, graph, building),
    ...attestedSecrets(bakeArgs, graph, building, dockerDirectory(opened.docker.env)),
    ...secrets.diagnostics,
    ...unusedSecrets(graph, request.sources),
    ...policy.diagnostics,
  ];
  if (hasErrors(problems)) {
    return { kind: 'wrong', diagnostics: problems };
  }
  const publishable = await openPublishing(request, asked.publish, !isDryRun);
  if (publishable.kind !== 'opened') {
    return publishable;
  }
  const { registries, sources } = publishable;
  const { publishing: wanted } = registries;
  const publishing = withoutEngine === undefined ? wanted : new Set<Tree>();
  // What a job stages is published by the last one.
  const hooks = request.job === undefined ? missingHooksOf(request, { publishing }) : [];
  if (hooks.length > 0) {
    return { kind: 'wrong', diagnostics: hooks };
  }
  const staging = await openStaging(request, opened, registries, sources);
  if (hasErrors(staging.diagnostics)) {
    return { kind: 'wrong', diagnostics: staging.diagnostics };
  }
  const results = await openResults(request, registries, sources);
  if (hasErrors(results.diagnostics)) {
    return { kind: 'wrong', diagnostics: results.diagnostics };
  }
  reporter.diagnostics([...problems, ...publishable.warnings, ...staging.diagnostics]);
  const identity =
    withoutEngine === undefined
      ? // One of several builders has been asked already.
        (opened.pool?.find(({ home }) => home === opened.docker)?.identity ??
        (await engineIdentity(opened.docker, signal)))
      : undefined;
  const rebuildKey = rebuildKeyOf(request.rebuild, host.now());
  const build = {
    request,
    opened,
    identity,
    secrets: secrets.value,
    registries: { ...registries, publishing },
    ...(withoutEngine === undefined ? {} : { awaitsEngine: wanted }),
    ...(policy.value && { sourcePolicies: policy.value }),
    ...(staging.value === undefined ? {} : { staging: staging.value }),
    ...(results.value === undefined ? {} : { results: results.value }),
    rebuildKey,
    frontends: new Map(),
  };
  return { kind: 'opened', build };
}

type PipelinePreparation =
  | { readonly kind: 'prepared'; readonly prepared: Prepared; readonly build: OpenedBuild }
  | Exclude<BuildEnding, { kind: 'finished' }>;

/** Asks registries and engine, decides, and reports what compiling and the contexts warn of. */
async function preparePipeline(
  build: OpenedBuild,
  reporter: Asking,
  isDryRun: boolean,
): Promise<PipelinePreparation> {
  const { request, opened, registries, results } = build;
  const { contexts, job, signal } = request;
  const isJob = job !== undefined && results !== undefined;
  const preparation = await prepare({
    ...request,
    ...registries,
    tagging: request.latest === 'never' || isJob ? new Set() : registries.publishing,
    ...(isJob
      ? { placeOf: placesOf(job, results), publishing: new Set(request.trees), stages: true }
      : {}),
    context: contexts.of,
    ...(opened.withoutEngine === undefined
      ? { engine: { docker: opened.docker, facts: opened.engine } }
      : {}),
    isUntested: untestedBy(request.tested, request.graph),
    // Who judges looks again: what was expected may have changed meanwhile.
    ...(request.gate ? {} : { isAwaiting: awaitingIn(request.awaiting) }),
    now: request.host.now(),
  });
  if (signal.aborted) {
    return { kind: 'cancelled' };
  }
  if (preparation.kind === 'failed') {
    const message = `the engine cannot be asked: ${preparation.message}`;
    return { kind: 'unusable', diagnostics: [error('engine', message)] };
  }
  const found = [...request.warnings, ...contexts.diagnostics];
  if (hasErrors(found)) {
    return { kind: 'wrong', diagnostics: found };
  }
  const building = new Set(
    toBuild(preparation.prepared.decisions).map(({ reference }) => reference),
  );
  const abilities = abilitiesOfAll(opened);
  const frontends = await askFrontends({
    ...request,
    ...opened,
    ...registries,
    building,
    record: request.frontendRecord,
  });
  const unenforced = await unenforcedProblems(
    { ...request, building, frontends },
    opened,
    isDryRun,
  );
  if (signal.aborted) {
    return { kind: 'cancelled' };
  }
  const unable = [
    ...unenforced,
    ...unseenParents(request.graph, preparation.prepared.decisions, frontends, build),
    ...unableProblems(request.bakeArgs, request.graph, building, {
      ...abilities,
      // Of several builders it depends on the image.
      severalPlatforms: abilities.severalPlatforms || opened.pool !== undefined,
    }),
    ...platformObstacles(request.graph, building, opened),
    ...secretProblems(request.graph, building, request.sources, request.bakeArgs),
  ];
  const unapproved = approvalProblems(request, preparation.prepared);
  if (unapproved.length > 0) {
    return { kind: 'wrong', diagnostics: unapproved };
  }
  const caches = cacheProblems(request.graph, building, abilities, {
    ...request,
    publishing: registries.publishing,
  });
  const doubts = [
    ...caches,
    ...manifestProblems(request.graph, building, abilities, registries.publishing),
  ];
  if (unable.length > 0 || hasErrors(doubts)) {
    return { kind: 'wrong', diagnostics: [...unable, ...doubts] };
  }
  const { untold, unlisted } = preparation.prepared;
  reporter.definitions([...found, ...doubts]);
  reporter.diagnostics(untold);
  for (const line of unlisted) {
    reporter.info(line);
  }
  return { kind: 'prepared', prepared: preparation.prepared, build: { ...build, frontends } };
}
