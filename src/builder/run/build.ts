import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { EngineFacts } from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import { engineIdentity } from '#adapters/docker/identity.js';
import type { ConfigCache } from '#adapters/registry/configCache.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { writePlannedFiles } from '#compiler/emit/writePlannedFiles.js';
import { wholePlan } from '#compiler/plan/limits.js';
import type { PlannedContext } from '#compiler/plan/plan.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error, hasErrors } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';
import { type Prepared, toBuild } from '#fleet/status/prepare.js';
import { buildLogin, removeStaleLogins } from '../publish/login.js';
import { Publisher } from '../publish/publisher.js';
import type { Listener } from '../report/event.js';
import { basesOf, refreshBases } from './bases.js';
import type { Limits } from './call.js';
import type { CallFrame } from './callPlan.js';
import { dryRun } from './dryRun.js';
import { Finisher } from './finish.js';
import { jobsLimit, jobsOf } from './jobs.js';
import { lock } from './lock.js';
import { runBuild } from './run.js';
import { spaceObstacle } from './space.js';

/** Everything that a build is told. */
export interface BuildRequest {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
  readonly context: (image: ResolvedImage) => PlannedContext;
  readonly docker: Docker;
  readonly engine: EngineFacts;
  /** How each tree's registry is reached; trees without a registry are not among them. */
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  /** Of them, those whose images are published. */
  readonly publishing: ReadonlySet<Tree>;
  readonly pull: boolean;
  readonly rebuildKey: string | undefined;
  readonly waveSize: number | undefined;
  readonly jobs: number | undefined;
  readonly retries: number;
  readonly failFast: boolean;
  readonly verifyJobs: number;
  readonly verifyTimeoutMs: number;
  readonly transferTimeoutMs: number;
  readonly latest: 'never' | 'forward' | 'force';
  readonly overwritePublished: boolean;
  /** In bytes. */
  readonly minFree: number;
  readonly bakeArgs: readonly string[];
  readonly readPaths: readonly string[];
  readonly stateDirectory: string;
  /** Where builds of all users find each other's locks. */
  readonly lockDirectory: string;
  /** What registries say of digests, for the next run. */
  readonly cache: ConfigCache;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

export type BuildEnding =
  | { readonly kind: 'finished'; readonly latestFailed: number }
  | { readonly kind: 'cancelled' }
  /** The engine, a registry or a lock is in the way: `diagnostics` say which. */
  | { readonly kind: 'unusable'; readonly diagnostics: readonly Diagnostic[] }
  /** The plan cannot be made. */
  | { readonly kind: 'wrong'; readonly diagnostics: readonly Diagnostic[] };

/** The key of a rebuild: `fresh` is a new one, `date` the UTC date, so that a retry keeps its cache. */
export function rebuildKey(
  wish: { readonly key: string } | 'cache' | 'fresh' | undefined,
  now: Date,
): string | undefined {
  if (wish === undefined) {
    return now.toISOString().slice(0, 10);
  }
  if (wish === 'cache') {
    return undefined;
  }
  return wish === 'fresh' ? randomUUID() : wish.key;
}

/** What the plan of a build is made with: the same for a dry run and for the real one. */
interface BuildPlan {
  readonly frame: CallFrame;
  readonly jobs: ReturnType<typeof jobsOf>;
  readonly limits: Limits;
}

function buildPlan(
  request: BuildRequest,
  prepared: Prepared,
  proxyCredentials: CallFrame['proxyCredentials'],
): BuildPlan {
  const { graph, engine } = request;
  const jobs = jobsOf(graph, toBuild(prepared.decisions));
  const trees = new Set(graph.images.map((image) => image.rendered.definition.tree));
  return {
    frame: {
      graph,
      context: request.context,
      rebuildKey: request.rebuildKey,
      silenceMs: request.transferTimeoutMs,
      proxyCredentials,
      outside: prepared.outside,
      definitions: prepared.definitions,
    },
    jobs,
    limits: {
      callSize: request.waveSize ?? (engine.builder.driver === 'docker' ? waveSize(jobs) : 0),
      jobs: jobsLimit(request.jobs, trees),
      retries: request.retries,
      seesLocalImages: engine.sharesImages,
    },
  };
}

/**
 * Only the docker driver has the limit of 250 streams. What fits into one call goes in one, since
 * no image waits there for others than its parents; more than that is quickest in calls of 40
 * (docs/bake.md, Scale, Calls side by side).
 */
function waveSize(jobs: readonly unknown[]): number {
  return jobs.length <= wholePlan ? wholePlan : 40;
}

/** The bake files that `build` would run. */
export function buildDryRun(request: BuildRequest, prepared: Prepared): ReturnType<typeof dryRun> {
  const { frame, jobs, limits } = buildPlan(request, prepared, 'refuse');
  return dryRun(frame, jobs, limits);
}

/** Builds, tests and publishes what was decided. Everything that happens is told as events. */
export async function build(
  request: BuildRequest,
  prepared: Prepared,
  listen: Listener,
): Promise<BuildEnding> {
  const { graph, docker, accesses, publishing, signal } = request;
  const { decisions } = prepared;
  const building = toBuild(decisions);
  const finishing = decisions.filter((decision) => decision.action === 'finish');
  listen({
    kind: 'planned',
    toBuild: building.map((decision) => decision.reference),
    toFinish: finishing.map((decision) => decision.reference),
  });
  const identity = await engineIdentity(docker, signal);
  removeStaleLogins();
  const login = buildLogin(
    docker.env.DOCKER_CONFIG || join(docker.env.HOME ?? '', '.docker'),
    passwordsOf(accesses.values()),
  );
  const publisher = publisherOf(request, identity?.host, listen);
  try {
    const withLogins: Docker = {
      ...docker,
      env: { ...docker.env, DOCKER_CONFIG: login.directory },
    };
    if (request.pull && building.length > 0) {
      const trees = new Set(building.map((one) => treeOf(graph, one)));
      const problem = await refreshBases(
        withLogins,
        basesOf(graph, trees),
        { retries: request.retries, timeoutMs: request.transferTimeoutMs },
        listen,
        signal,
      );
      if (problem !== undefined) {
        return { kind: 'unusable', diagnostics: [problem] };
      }
    }
    const finisher = new Finisher({
      docker,
      graph,
      members: new Set([...building, ...finishing].map((decision) => decision.reference)),
      ...(publishing.size === 0 ? {} : { publisher }),
      verifyJobs: request.verifyJobs,
      verifyTimeoutMs: request.verifyTimeoutMs,
      listen,
      signal,
      now: () => request.now().getTime(),
    });
    for (const { reference } of finishing) {
      const image = prepared.local.get(reference);
      if (image !== undefined) {
        void finisher.finish(reference, image);
      }
    }
    const { frame, jobs, limits } = buildPlan(request, prepared, 'keep');
    const ending = await runBuild({
      docker: withLogins,
      engine: request.engine,
      frame,
      jobs,
      limits,
      writeFiles: ({ plan }) => writePlannedFiles(docker.cwd, plan.files),
      readPaths: request.readPaths,
      bakeArgs: [...(request.engine.sharesImages ? [] : ['--load']), ...request.bakeArgs],
      before: prepared.local,
      publishedLayers: publishedLayers(prepared),
      finisher,
      failFast: request.failFast,
      obstacle: () => spaceObstacle(identity?.folder, request.minFree),
      listen,
      signal,
    });
    // Also after a failure: what passed is published, and its `latest` is owed to nobody's error.
    const latestFailed = signal.aborted ? 0 : await publisher.moveLatest();
    if (signal.aborted || ending.kind === 'cancelled') {
      return { kind: 'cancelled' };
    }
    if (ending.kind === 'finished') {
      return { kind: 'finished', latestFailed };
    }
    return hasErrors(ending.diagnostics)
      ? { kind: 'wrong', diagnostics: ending.diagnostics }
      : { kind: 'unusable', diagnostics: [engineProblem(ending.reason)] };
  } finally {
    publisher.close();
    login.remove();
  }
}

/** Takes the lock of the engine for the registries that are published to. */
export async function lockFor(request: BuildRequest): Promise<ReturnType<typeof lock> | undefined> {
  const identity = await engineIdentity(request.docker, request.signal);
  if (identity === undefined) {
    return undefined;
  }
  const hosts = [...request.publishing].map((tree) => tree.config.registry);
  return lock(
    identity.id,
    hosts.length === 0 ? [''] : hosts,
    request.docker.cwd,
    request.now(),
    request.lockDirectory,
  );
}

function publisherOf(request: BuildRequest, host: string | undefined, listen: Listener): Publisher {
  const {
    graph,
    docker,
    accesses,
    publishing,
    latest,
    overwritePublished,
    retries,
    transferTimeoutMs,
    stateDirectory,
    cache,
    signal,
  } = request;
  // A push's DOCKER_CONFIG knows no contexts, so the daemon is named.
  const named = host === undefined ? {} : { DOCKER_HOST: host, DOCKER_CONTEXT: undefined };
  return new Publisher({
    docker: { ...docker, env: { ...docker.env, ...named } },
    access: new Map([...accesses].filter(([tree]) => publishing.has(tree))),
    owners: new Map(
      graph.images.map(({ rendered: { definition } }) => [definition.repository, definition.tree]),
    ),
    stateDirectory,
    cache,
    overwrite: overwritePublished,
    latest,
    retries,
    transferTimeoutMs,
    listen,
    signal,
  });
}

/** The logins that the trees' own configuration gives, for what bake itself fetches. */
function passwordsOf(accesses: Iterable<RegistryAccess>): Parameters<typeof buildLogin>[1] {
  return [...accesses]
    .filter(({ credentials }) => credentials.kind === 'password')
    .map(({ host, credentials }) => [host, credentials] as const);
}

function publishedLayers({ facts }: Prepared): ReadonlyMap<Reference, readonly string[]> {
  const layers = new Map<Reference, readonly string[]>();
  for (const [reference, { registry }] of facts) {
    if (registry.kind !== 'published' || !registry.config.known) {
      continue;
    }
    layers.set(reference, registry.config.value.layers);
  }
  return layers;
}

function treeOf(graph: Graph, { reference }: Decision): Tree {
  const image = graph.byReference.get(reference);
  if (image === undefined) {
    throw new Error(`unknown image ${reference}`);
  }
  return image.rendered.definition.tree;
}

function engineProblem(reason: string): Diagnostic {
  return error('engine', `the build was stopped: ${reason}`, {
    hint: 'run it again when that is mended: what is finished is not done twice',
  });
}
