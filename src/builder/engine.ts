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
  /** The builders that the calls go to, where the user names several; absent: this engine alone. */
  readonly pool?: readonly PoolBuilder[];
}

/** One of several builders. */
export interface PoolBuilder {
  readonly name: string;
  readonly docker: Docker;
  readonly engine: EngineFacts;
  /** The engine that gets its images: its own, or this machine's. */
  readonly home: Docker;
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
  const beside = await engineBeside(plain, named, signal);
  const asked = builders.map(async (name, at) => {
    const own = named[at] ?? plain;
    const docker = own.builder === undefined ? own : { ...beside, builder: name };
    const isContext = docker.builder === undefined;
    const home = isContext ? docker : beside;
    const [detection, identity] = await Promise.all([
      detectNamed(docker, name, signal, client),
      engineIdentity(home, signal),
    ]);
    return { name, docker, isContext, home, detection, identity };
  });
  for (const { name, docker, isContext, home, detection, identity } of await Promise.all(asked)) {
    if (detection.kind !== 'found') {
      return detection;
    }
    const { engine } = detection;
    const same = pool.find(
      (one) =>
        isContext &&
        one.docker === one.home &&
        one.identity !== undefined &&
        one.identity.id === identity?.id,
    );
    if (same !== undefined || pool.some((one) => one.name === name)) {
      const message =
        same === undefined || same.name === name
          ? `the builder ${name} is named twice`
          : `the builders ${same.name} and ${name} are the same engine`;
      const hint = 'name each engine once';
      return { kind: 'unusable', diagnostic: error('builders', message, { hint }) };
    }
    pool.push({
      name,
      docker,
      engine,
      home,
      ...(identity === undefined ? {} : { identity }),
    });
  }
  const limits = containerLimits ? limitsDecision(trees, builders.join(', ')) : undefined;
  const isAble = pool.every(({ engine }) => abilitiesOf(engine).resources);
  if (limits?.kind === 'refused' && !isAble) {
    return { kind: 'unusable', diagnostic: limits.problem };
  }
  const first = pool.find(({ docker }) => docker.builder === undefined);
  if (first !== undefined) {
    return { kind: 'opened', docker: first.docker, engine: first.engine, pool };
  }
  const own = await detectEngine(plain, signal, client);
  return own.kind === 'found' ? { kind: 'opened', docker: plain, engine: own.engine, pool } : own;
}

/** The engine that gets what buildx builders make: this machine's, and where that does not answer, the first context's. */
async function engineBeside(
  plain: Docker,
  named: readonly Docker[],
  signal: AbortSignal,
): Promise<Docker> {
  const context = named.find(({ builder }) => builder === undefined);
  const isNeeded = context !== undefined && named.some(({ builder }) => builder !== undefined);
  return isNeeded && !(await daemonAnswers(plain, signal)) ? context : plain;
}

/** The context of a builder is not the user's choice of a context, as which the hints of docker take it. */
function ofBuilder(name: string, { env, builder }: Docker, diagnostic: Diagnostic): Diagnostic {
  const { code, message } = diagnostic;
  const isDown = code === 'engine-daemon-down';
  const isContext = builder === undefined && env.DOCKER_CONTEXT === name;
  const hint = isContext
    ? `start the daemon there, or correct the context: "docker context inspect ${name}"`
    : "an engine is needed to test what it builds: start this machine's, or name a docker context too";
  return {
    ...diagnostic,
    ...(isDown && (isContext || builder !== undefined) ? { hint } : {}),
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
