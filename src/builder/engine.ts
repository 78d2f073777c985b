import {
  askClient,
  type ClientAnswers,
  contextOf,
  daemonAnswers,
  detectEngine,
  type EngineDetection,
  type EngineFacts,
} from '#adapters/docker/detect.js';
import { type Docker, runDocker } from '#adapters/docker/docker.js';
import { type EngineIdentity, engineIdentity } from '#adapters/docker/identity.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { abilitiesOf } from './abilities.js';
import { type LimitedBuilder, limitsDecision, withLimitedBuilder } from './containerLimits.js';
import type { Host } from './request.js';

export interface OpenEngine {
  readonly docker: Docker;
  readonly engine: EngineFacts;
  /** The builders that the calls go to, where the user names several, or there is no engine; absent: this engine alone. */
  readonly pool?: readonly PoolBuilder[];
  /** Why no engine answers: what `pool` makes stays in staging, neither tested nor published. Absent: one does. */
  readonly withoutEngine?: Diagnostic;
}

/** One of several builders. */
export interface PoolBuilder {
  readonly name: string;
  readonly docker: Docker;
  readonly engine: EngineFacts;
  /** The engine that gets its images: its own, or this machine's; absent: none answers. */
  readonly home?: Docker;
  /** Of the daemon of `home`; absent: it does not say. */
  readonly identity?: EngineIdentity;
}

export type EngineOpening =
  | ({ readonly kind: 'opened' } & OpenEngine)
  | { readonly kind: 'unusable'; readonly diagnostic: Diagnostic }
  | { readonly kind: 'cancelled' };

export interface EngineWish {
  /** Docker contexts and buildx builders; several share the calls. */
  readonly builders: readonly string[];
  readonly containerLimits: boolean;
  /** Plans for the builder that `container_limits` need, and does not make it. */
  readonly dryRun: boolean;
}

/**
 * The engine that a build runs on: where the trees have `container_limits`, one whose bake has `resources` for them, or
 * one with a builder that keeps them.
 */
export async function openEngine(
  wish: EngineWish,
  trees: Iterable<Tree>,
  host: Host,
  signal: AbortSignal,
): Promise<EngineOpening> {
  const plain = plainDocker(host);
  if (wish.builders.length > 1) {
    return openPool(plain, wish, trees, signal);
  }
  const chosen = wish.builders[0] ?? (host.env.BUILDX_BUILDER || undefined);
  const found = chosen === undefined ? undefined : await openNamed(plain, chosen, signal);
  const own = found?.docker ?? plain;
  const detection = found?.detection ?? (await detectEngine(own, signal));
  if (chosen !== undefined && own.builder !== undefined && isAbsent(detection)) {
    return openPool(plain, { ...wish, builders: [chosen] }, trees, signal);
  }
  const isAble = detection.kind === 'found' && abilitiesOf(detection.engine).resources;
  if (!wish.containerLimits || isAble || detection.kind === 'cancelled') {
    return openingOf(own, detection);
  }
  const limits = limitsDecision(trees, chosen);
  if (limits.kind === 'refused') {
    return { kind: 'unusable', diagnostic: limits.problem };
  }
  if (limits.kind === 'none') {
    return openingOf(own, detection);
  }
  const { builder } = limits;
  const docker: Docker = { ...plain, builder: builder.name };
  return openingOf(docker, await detectLimited(plain, docker, builder, wish.dryRun, signal));
}

/** docker as this machine has it, whichever engine it is for. */
export function plainDocker({ env, cwd, home }: Host): Docker {
  // Units of systemd may have no HOME, where docker's own configuration and plugins are.
  return { program: 'docker', env: { ...env, HOME: env.HOME || home }, cwd };
}

/**
 * A builder by its name. buildx has one with the driver docker for each docker context, which is an engine of its own:
 * everything about its images is asked there.
 */
async function openNamed(
  plain: Docker,
  name: string,
  signal: AbortSignal,
): Promise<{ docker: Docker; detection: EngineDetection }> {
  const docker = await dockerOfBuilder(plain, name, signal);
  return { docker, detection: await detectNamed(docker, name, signal) };
}

async function detectNamed(
  docker: Docker,
  name: string,
  signal: AbortSignal,
  client?: Promise<ClientAnswers>,
): Promise<EngineDetection> {
  const detection = await detectEngine(docker, signal, client);
  return detection.kind === 'unusable'
    ? { ...detection, diagnostic: ofBuilder(name, docker, detection.diagnostic) }
    : detection;
}

/** What docker is run with for a builder of this name. */
export async function dockerOfBuilder(
  plain: Docker,
  name: string,
  signal: AbortSignal,
): Promise<Docker> {
  const named = { ...plain, builder: name };
  const context = await contextOf(named, signal);
  if (context === undefined) {
    return named;
  }
  // DOCKER_HOST would go before it; `default` is what DOCKER_HOST says.
  const { DOCKER_HOST: _, BUILDX_BUILDER: __, ...env } = plain.env;
  return context === 'default' ? plain : { ...plain, env: { ...env, DOCKER_CONTEXT: context } };
}

/**
 * Several builders as one: each docker context with images of its own, each buildx builder with this machine's engine
 * (else the first context's) for them. The first context, else this machine's engine, is the one that is asked what is there.
 * Where no engine answers, buildx builders build all the same.
 */
async function openPool(
  plain: Docker,
  { builders, containerLimits }: EngineWish,
  trees: Iterable<Tree>,
  signal: AbortSignal,
): Promise<EngineOpening> {
  const pool: PoolBuilder[] = [];
  const client = askClient(plain, signal);
  const named = await Promise.all(builders.map((name) => dockerOfBuilder(plain, name, signal)));
  const beside = await engineBeside(plain, named, client, signal);
  if (beside.kind === 'cancelled' || beside.kind === 'unusable') {
    return beside;
  }
  const home = beside.kind === 'engine' ? beside.docker : undefined;
  const asked = builders.map((name, at) =>
    askBuilder(name, named[at] ?? plain, { beside: home, client }, signal),
  );
  for (const { detection, isContext, ...one } of await Promise.all(asked)) {
    if (detection.kind !== 'found') {
      return detection;
    }
    const same = pool.find(
      ({ name, docker, home, identity }) =>
        name === one.name ||
        (isContext &&
          docker === home &&
          identity !== undefined &&
          identity.id === one.identity?.id),
    );
    if (same !== undefined) {
      const message =
        same.name === one.name
          ? `the builder ${one.name} is named twice`
          : `the builders ${same.name} and ${one.name} are the same engine`;
      const hint = 'name each engine once';
      return { kind: 'unusable', diagnostic: error('builders', message, { hint }) };
    }
    pool.push({ ...one, engine: detection.engine });
  }
  const limits = containerLimits ? limitsDecision(trees, builders.join(', ')) : undefined;
  const isAble = pool.every(({ engine }) => abilitiesOf(engine).resources);
  if (limits?.kind === 'refused' && !isAble) {
    return { kind: 'unusable', diagnostic: limits.problem };
  }
  const [any] = pool;
  if (any === undefined) {
    throw new Error('no builder is named');
  }
  if (beside.kind === 'none') {
    const { withoutEngine } = beside;
    const docker: Docker = { ...plain, daemon: false };
    return { kind: 'opened', docker, engine: any.engine, pool, withoutEngine };
  }
  const first = pool.find(({ docker }) => docker.builder === undefined);
  return first === undefined
    ? { kind: 'opened', docker: plain, engine: beside.engine ?? any.engine, pool }
    : { kind: 'opened', docker: first.docker, engine: first.engine, pool };
}

/** What a builder is; `beside`: the engine that gets its images, unless it is one itself. */
async function askBuilder(
  name: string,
  own: Docker,
  { beside, client }: { readonly beside: Docker | undefined; readonly client: Client },
  signal: AbortSignal,
) {
  const isContext = own.builder === undefined;
  const docker: Docker = isContext
    ? own
    : { ...(beside ?? { ...own, daemon: false }), builder: name };
  const home = isContext ? docker : beside;
  const [detection, identity] = await Promise.all([
    detectNamed(docker, name, signal, client),
    home && engineIdentity(home, signal),
  ]);
  return {
    name,
    docker,
    isContext,
    ...(home === undefined ? {} : { home }),
    detection,
    ...(identity === undefined ? {} : { identity }),
  };
}

/** What buildx says of itself, asked once. */
type Client = Promise<ClientAnswers>;

type Beside =
  | {
      readonly kind: 'engine';
      readonly docker: Docker;
      /** What it can do, where that was asked. */
      readonly engine?: EngineFacts;
    }
  /** None answers, and none of the builders is one. */
  | { readonly kind: 'none'; readonly withoutEngine: Diagnostic }
  | Exclude<EngineOpening, { kind: 'opened' }>;

/** The engine that gets what buildx builders make: this machine's, and where that does not answer, the first context's. */
async function engineBeside(
  plain: Docker,
  named: readonly Docker[],
  client: Client,
  signal: AbortSignal,
): Promise<Beside> {
  const context = named.find(({ builder }) => builder === undefined);
  if (context === undefined) {
    const own = await detectEngine(plain, signal, client);
    return isAbsent(own)
      ? { kind: 'none', withoutEngine: own.diagnostic }
      : own.kind === 'found'
        ? { kind: 'engine', docker: plain, engine: own.engine }
        : own;
  }
  const isNeeded = named.some(({ builder }) => builder !== undefined);
  const docker = isNeeded && !(await daemonAnswers(plain, signal)) ? context : plain;
  return { kind: 'engine', docker };
}

type Unusable = Extract<EngineDetection, { kind: 'unusable' }>;

/** No daemon can be reached; what else is wrong with one is for the user to correct. */
function isAbsent(detection: EngineDetection): detection is Unusable {
  return detection.kind === 'unusable' && detection.reason === 'daemon-down';
}

/** The context of a builder is not the user's choice of a context, as which the hints of docker take it. */
function ofBuilder(name: string, { env, builder }: Docker, diagnostic: Diagnostic): Diagnostic {
  const { code, message } = diagnostic;
  const isDown = code === 'engine-daemon-down';
  const isContext = builder === undefined && env.DOCKER_CONTEXT === name;
  const hint = `start the daemon there, or correct the context: "docker context inspect ${name}"`;
  return {
    ...diagnostic,
    ...(isDown && isContext ? { hint } : {}),
    message: message.includes(`builder ${name}`) ? message : `the builder ${name}: ${message}`,
  };
}

function openingOf(docker: Docker, detection: EngineDetection): EngineOpening {
  return detection.kind === 'found'
    ? { kind: 'opened', docker, engine: detection.engine }
    : detection;
}

/** As `detectEngine`, with the builder made; a dry run only says what it would be. */
async function detectLimited(
  plain: Docker,
  docker: Docker,
  builder: LimitedBuilder,
  dryRun: boolean,
  signal: AbortSignal,
): Promise<EngineDetection> {
  if (!dryRun) {
    await makeBuilder(docker, builder, signal);
  }
  const detection = await detectEngine(dryRun ? plain : docker, signal);
  switch (detection.kind) {
    case 'found':
      return dryRun
        ? { ...detection, engine: withLimitedBuilder(detection.engine, builder) }
        : detection;
    case 'cancelled':
      return detection;
    case 'unusable':
      return { ...detection, diagnostic: { ...detection.diagnostic, hint: limitsHint } };
  }
}

/** Makes the builder unless it exists. A failure shows when the builder is inspected afterwards. */
async function makeBuilder(
  docker: Docker,
  { name, createArgs }: LimitedBuilder,
  signal: AbortSignal,
): Promise<void> {
  const present = await runDocker(docker, ['buildx', 'inspect', name], { signal });
  if (present.kind === 'failed') {
    await runDocker(docker, createArgs, { signal });
  }
}

const limitsHint =
  'container_limits need a docker-container builder, whose image must be present or be pulled: give --no-container-limits, or use another --builder that has the limits';
