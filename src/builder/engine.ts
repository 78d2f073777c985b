import {
  contextOf,
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
  { env: given, cwd, home }: Host,
  signal: AbortSignal,
): Promise<EngineOpening> {
  // Units of systemd may have no HOME, where docker's own configuration and plugins are.
  const env = { ...given, HOME: given.HOME || home };
  const plain: Docker = { program: 'docker', env, cwd };
  if (wish.builders.length > 1) {
    return openPool(plain, wish, trees, signal);
  }
  const chosen = wish.builders[0] ?? (given.BUILDX_BUILDER || undefined);
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
  const detection = await detectEngine(docker, signal);
  return {
    docker,
    detection:
      detection.kind === 'unusable'
        ? { ...detection, diagnostic: ofBuilder(name, docker, detection.diagnostic) }
        : detection,
  };
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
 * for them. The first context, else this machine's engine, is the one that is asked what is there.
 */
async function openPool(
  plain: Docker,
  { builders, containerLimits }: EngineWish,
  trees: Iterable<Tree>,
  signal: AbortSignal,
): Promise<EngineOpening> {
  const pool: PoolBuilder[] = [];
  for (const name of builders) {
    const { docker, detection } = await openNamed(plain, name, signal);
    if (detection.kind !== 'found') {
      return detection;
    }
    const { engine } = detection;
    const isContext = docker.builder === undefined;
    const home = isContext ? docker : plain;
    const identity = await engineIdentity(home, signal);
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
  const own = await detectEngine(plain, signal);
  return own.kind === 'found' ? { kind: 'opened', docker: plain, engine: own.engine, pool } : own;
}

/** The context of a builder is not the user's choice of a context, as which the hints of docker take it. */
function ofBuilder(name: string, { env }: Docker, diagnostic: Diagnostic): Diagnostic {
  const { code, message } = diagnostic;
  const isContext = env.DOCKER_CONTEXT === name && code === 'engine-daemon-down';
  const hint = `start the daemon there, or correct the context: "docker context inspect ${name}"`;
  return {
    ...diagnostic,
    ...(isContext ? { hint } : {}),
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
