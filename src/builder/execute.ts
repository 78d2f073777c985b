import { removeStaleCalls } from '#adapters/docker/bake.js';
import type { Docker } from '#adapters/docker/docker.js';
import { type LocalImage, tagImage } from '#adapters/docker/images.js';
import { writePlannedFiles } from '#compiler/emit/writePlannedFiles.js';
import { type Diagnostic, error, hasErrors } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Layered } from '#fleet/status/builtOn.js';
import type { Decision } from '#fleet/status/decide.js';
import { type Prepared, toBuild } from '#fleet/status/prepare.js';
import { Gate } from './gate/gate.js';
import type { OpenedBuild } from './opened.js';
import { deniedOf } from './policy/denied.js';
import {
  type BuildLogin,
  buildLogin,
  dockerDirectory,
  removeStaleLogins,
} from './publish/login.js';
import { debtsOf, neverPublished, publisherOf } from './publishing.js';
import { loginsOf, reached, secretsIn } from './reached.js';
import type { Refusal } from './refusal.js';
import type { Listener } from './report/event.js';
import { redacted } from './report/redacted.js';
import type { BuildRequest } from './request.js';
import { ResultsPublisher } from './results/publisher.js';
import { lackingBases } from './run/basePlatforms.js';
import { basesOf, type Refreshing, refreshBases } from './run/bases.js';
import { buildPlan } from './run/buildPlan.js';
import { askKept, type KeptImage, nameKept } from './run/keptNames.js';
import { localNames } from './run/localNames.js';
import { buildersOf, stageLocals } from './run/openBuilders.js';
import { type RunInput, runBuild } from './run/run.js';
import { spaceObstacle } from './run/space.js';
import { tellDecisions } from './tellDecisions.js';
import { unpushableOf } from './unpushable.js';
import { awaitingEngine } from './withoutEngine.js';

export type BuildEnding =
  | {
      readonly kind: 'finished';
      readonly latestFailed: number;
      /** How many images could not be read from staging, so that they are not published; absent: none. */
      readonly unread?: number;
    }
  | { readonly kind: 'cancelled' }
  /** The engine, a registry or a lock is in the way: `diagnostics` say which. */
  | { readonly kind: 'unusable'; readonly diagnostics: readonly Diagnostic[] }
  /** The plan cannot be made. */
  | { readonly kind: 'wrong'; readonly diagnostics: readonly Diagnostic[] };

/** Builds, tests and publishes what was decided. Everything that happens is reported as events. */
export async function execute(
  build: OpenedBuild,
  prepared: Prepared,
  listener: Listener,
): Promise<BuildEnding> {
  const { request, opened } = build;
  const { docker } = opened;
  const { decisions } = prepared;
  const listen = redacted(listener, secretsIn(build));
  const toFinish = decisions
    .filter(({ action }) => action === 'finish')
    .map(({ reference }) => reference);
  listen({
    kind: 'planned',
    toBuild: toBuild(decisions).map(({ reference }) => reference),
    toFinish,
    ...(build.results === undefined ? {} : { toStage: toFinish }),
    toTest: decisions.filter((one) => one.isOnlyTested).map((one) => one.reference),
  });
  tellDecisions(request.graph, decisions, listen);
  removeStaleLogins();
  removeStaleCalls();
  const login = buildLogin(
    dockerDirectory(docker.env),
    docker.env.DOCKER_AUTH_CONFIG,
    await loginsOf(reached(build)),
  );
  const publisher = publisherOf(build, listen);
  try {
    const withLogins: Docker = {
      ...docker,
      env: { ...docker.env, ...login.env },
    };
    const unpushable = await unpushableOf(
      build,
      worked(prepared).map(({ reference }) => reference),
      new Set(published(prepared).map(({ reference }) => reference)),
    );
    if (unpushable.kind === 'unusable') {
      return unpushable;
    }
    const opening = await buildersOf(build, prepared, login, withLogins);
    if (opening.kind === 'failed') {
      return { kind: 'unusable', diagnostics: [engineProblem(opening.message)] };
    }
    const denied = deniedOf(build.sourcePolicies, worked(prepared));
    const bases = await refreshBasesFor(
      request,
      { prepared, refused: new Map([...unpushable.refused, ...denied]) },
      new Set(opening.builders.flatMap(({ home }) => home ?? [])),
      listen,
    );
    if (bases.kind === 'engine-lost') {
      return { kind: 'unusable', diagnostics: [engineProblem(bases.message)] };
    }
    const building = toBuild(prepared.decisions).filter(({ reference }) => {
      return ![unpushable.refused, denied, bases.refused].some((refused) => refused.has(reference));
    });
    const lacking = await lackingBases(
      withLogins,
      request.graph,
      new Set(building.map(({ reference }) => reference)),
      request.signal,
    );
    const unnamed = await nameLocalImages(prepared, docker, request.signal);
    if (unnamed !== undefined) {
      return { kind: 'unusable', diagnostics: [error('engine', unnamed)] };
    }
    const kept: ReadonlyMap<Reference, KeptImage> =
      request.latest === 'never'
        ? new Map()
        : await askKept(docker, request.graph, prepared, { signal: request.signal });
    const untested = await nameKept(docker, kept, listen, { signal: request.signal });
    const unstaged =
      build.staging === undefined
        ? []
        : await stageLocals(build.staging, withLogins, request.graph, prepared.outside);
    const refused = new Map([
      ...bases.refused,
      ...lacking,
      ...unpushable.refused,
      ...denied,
      ...unstaged,
    ]);
    const ending = await runCalls(build, prepared, {
      builders: opening.builders,
      login,
      publisher:
        build.results === undefined
          ? publisher
          : new ResultsPublisher({
              ...request,
              results: build.results,
              docker,
              login: async () => {
                login.renew(await loginsOf(reached(build)));
                return login;
              },
              listen,
            }),
      refused,
      kept: untested,
      listen,
    });
    // Also after a failure: what passed is published, and its `latest` is owed to nobody's error.
    const latestFailed =
      request.signal.aborted || build.results !== undefined
        ? 0
        : await publisher.conclude(debtsOf(build, prepared));
    if (request.signal.aborted || ending.kind === 'cancelled') {
      return { kind: 'cancelled' };
    }
    if (ending.kind === 'finished') {
      return { kind: 'finished', latestFailed };
    }
    return hasErrors(ending.diagnostics)
      ? { kind: 'wrong', diagnostics: ending.diagnostics }
      : {
          kind: 'unusable',
          diagnostics: [engineProblem(ending.reason, opened.withoutEngine === undefined)],
        };
  } finally {
    request.tested.save();
    publisher.close();
    // docker finds contexts beside the logins.
    await build.staging?.tidy();
    await build.results?.tidy();
    login.remove();
  }
}

/** Pulls the bases of what is built, to every engine that builds. */
async function refreshBasesFor(
  { graph, pull, retries, transferTimeoutMs, waits, signal }: BuildRequest,
  { prepared, refused }: { prepared: Prepared; refused: ReadonlyMap<Reference, Refusal> },
  engines: ReadonlySet<Docker>,
  listen: Listener,
): Promise<Refreshing> {
  const jobs = toBuild(prepared.decisions).filter(({ reference }) => !refused.has(reference));
  const building = new Set(jobs.map(({ reference }) => reference));
  const bases = basesOf(graph, pull ? building : new Set());
  const options = { retries, transferTimeoutMs, waits };
  const all = new Map<Reference, Refusal>();
  let told = listen;
  for (const docker of engines) {
    const refreshing = await refreshBases(docker, bases, options, told, signal);
    if (refreshing.kind === 'engine-lost') {
      return refreshing;
    }
    for (const [reference, refusal] of refreshing.refused) {
      all.set(reference, refusal);
    }
    // Each base is told once.
    told = () => {};
  }
  return { kind: 'done', refused: all };
}

/**
 * Gives the engine's images that are used, and that it has under another name of their registry, the
 * name of their definition. Gives why that cannot be done.
 */
async function nameLocalImages(
  { decisions, local, named }: Prepared,
  docker: Docker,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const { reference, action } of decisions) {
    const image = local.get(reference);
    const isUsed = action === 'use' || action === 'finish';
    if (!isUsed || image === undefined || !named.has(reference)) {
      continue;
    }
    const tagged = await tagImage(docker, image.id, reference, { signal });
    if (tagged.kind === 'failed' && !signal.aborted) {
      return `cannot tag the image ${reference}: ${tagged.message}`;
    }
  }
  return undefined;
}

/** What is built, or only tested and published. */
function worked({ decisions }: Pick<Prepared, 'decisions'>): readonly Decision[] {
  return decisions.filter(({ action }) => action === 'build' || action === 'finish');
}

/** Of these, what is published once it has passed, if its tree is. */
function published(prepared: Prepared): readonly Decision[] {
  return worked(prepared).filter(({ heldBack }) => heldBack === undefined);
}

interface RunParts {
  readonly builders: RunInput['builders'];
  readonly login: BuildLogin;
  readonly publisher: NonNullable<RunInput['finishing']['publisher']>;
  readonly refused: ReadonlyMap<Reference, Refusal>;
  /** Images that are only tested and named. */
  readonly kept: ReadonlyMap<Reference, KeptImage>;
  readonly listen: Listener;
}

async function runCalls(
  build: OpenedBuild,
  prepared: Prepared,
  { builders, login, publisher, refused, kept, listen }: RunParts,
): ReturnType<typeof runBuild> {
  const { request, opened, registries, staging } = build;
  const { docker } = opened;
  const { graph, signal } = request;
  const working = worked(prepared);
  const gate = request.gate ? new Gate({ ...request, ...registries }) : undefined;
  const finishing = {
    graph,
    members: new Set([...working.map(({ reference }) => reference), ...kept.keys()]),
    ...(registries.publishing.size === 0 && build.results === undefined ? {} : { publisher }),
    withheld: build.results === undefined ? withheldIn(build, prepared) : new Map(),
    ...(gate === undefined ? {} : { gate }),
    localNames: request.latest === 'never' ? new Map() : localNames(graph),
    kept,
    verifyJobs: request.verifyJobs,
    verifyTimeoutMs: request.verifyTimeoutMs,
    onPassed: (reference: Reference, id: Digest) => request.tested.add(reference, id),
    listen,
    signal,
    now: () => request.host.now().getTime(),
  };
  const present = new Map<Reference, LocalImage>(
    [...kept].map(([reference, { image }]) => [reference, image]),
  );
  for (const { reference, action } of working) {
    const image = action === 'finish' ? prepared.local.get(reference) : undefined;
    if (image !== undefined) {
      present.set(reference, image);
    }
  }
  const ending = await runBuild({
    builders,
    ...(staging === undefined ? {} : { staging }),
    ...buildPlan(build, prepared, 'keep'),
    beforeCall: async () => login.renew(await loginsOf(reached(build))),
    writeFiles: ({ plan }) => writePlannedFiles(docker.cwd, plan.files),
    readPaths: [...request.contexts.readPaths(request.trees), ...build.secrets.readPaths],
    forwardsAgent: build.secrets.forwardsAgent,
    standing: standing(prepared),
    finishing,
    present,
    refused,
    failFast: request.failFast,
    obstacle: ({ folder }) => spaceObstacle(folder, request.minFree),
    silenceMs: request.transferTimeoutMs,
    listen,
    signal,
  });
  gate?.close();
  return ending;
}

/** What is not published, and why. A job of a matrix stages that too: it may be a parent of what a later job builds. */
function withheldIn(build: OpenedBuild, { decisions }: Prepared): ReadonlyMap<Reference, string> {
  return new Map([
    ...awaitingEngine(
      build,
      worked({ decisions }).map(({ reference }) => reference),
    ),
    ...neverPublished(build),
    ...decisions.flatMap(({ reference, heldBack }) =>
      heldBack === undefined ? [] : [[reference, heldBack] as const],
    ),
  ]);
}

/** What children are built on, of the parents that this run does not build. */
function standing({ decisions, facts, local }: Prepared): ReadonlyMap<Reference, Layered> {
  const found = new Map<Reference, Layered>();
  for (const { kind, parent } of decisions.flatMap(({ parents }) => parents)) {
    const registry = facts.get(parent)?.registry;
    const published =
      registry?.kind === 'published' && registry.config.known ? registry.config.value : undefined;
    const image = kind === 'pinned' ? published : kind === 'local' ? local.get(parent) : undefined;
    if (image !== undefined) {
      found.set(parent, image);
    }
  }
  return found;
}

/** `keeps`: whether a later run finds what this one has finished. */
function engineProblem(reason: string, keeps = true): Diagnostic {
  const again = 'fix that and run it again';
  return error('engine', `the build was stopped: ${reason}`, {
    hint: keeps ? `${again}: finished images are not built twice` : again,
  });
}
