import { detectEngine, type EngineDetection, type EngineFacts } from '#adapters/docker/detect.js';
import { type Docker, runDocker } from '#adapters/docker/docker.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { type LimitedBuilder, limitsDecision, withLimitedBuilder } from './containerLimits.js';
import type { Host } from './request.js';

export interface OpenEngine {
  readonly docker: Docker;
  readonly engine: EngineFacts;
}

export type EngineOpening =
  | ({ readonly kind: 'opened' } & OpenEngine)
  | { readonly kind: 'unusable'; readonly diagnostic: Diagnostic }
  | { readonly kind: 'cancelled' };

export interface EngineWish {
  readonly builder?: string;
  readonly containerLimits: boolean;
  /** Plans for the builder that `container_limits` need, and does not make it. */
  readonly dryRun: boolean;
}

/**
 * The engine that a build runs on, with a builder that keeps `container_limits` where the trees
 * have any.
 */
export async function openEngine(
  wish: EngineWish,
  trees: Iterable<Tree>,
  { env: given, cwd, home }: Host,
  signal: AbortSignal,
): Promise<EngineOpening> {
  const chosen = wish.builder ?? (given.BUILDX_BUILDER || undefined);
  const limits = wish.containerLimits ? limitsDecision(trees, chosen) : { kind: 'none' as const };
  if (limits.kind === 'refused') {
    return { kind: 'unusable', diagnostic: limits.problem };
  }
  const limited = limits.kind === 'builder' ? limits.builder : undefined;
  // Units of systemd may have no HOME, where docker's own configuration and plugins are.
  const env = { ...given, HOME: given.HOME || home };
  const plain: Docker = { program: 'docker', env, cwd };
  const builder = limited?.name ?? chosen;
  const docker: Docker = builder === undefined ? plain : { ...plain, builder };
  if (limited === undefined) {
    return openingOf(docker, await detectEngine(docker, signal));
  }
  return openingOf(docker, await detectLimited(plain, docker, limited, wish.dryRun, signal));
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
