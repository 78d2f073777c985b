import { detectEngine, type EngineFacts } from '#adapters/docker/detect.js';
import { type Docker, runDocker } from '#adapters/docker/docker.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { limitsDecision, withLimitedBuilder } from './containerLimits.js';
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
  const builder = limits.kind === 'builder' ? limits.builder.name : chosen;
  // Units of systemd may have no HOME, where docker's own configuration and plugins are.
  const env = { ...given, HOME: given.HOME || home };
  const plain: Docker = { program: 'docker', env, cwd };
  const docker: Docker = builder === undefined ? plain : { ...plain, builder };
  const unmade = limits.kind === 'builder' && wish.dryRun;
  if (limits.kind === 'builder' && !wish.dryRun) {
    const there = await runDocker(docker, ['buildx', 'inspect', limits.builder.name], { signal });
    // What went wrong when it was made shows when it is asked for.
    if (there.kind === 'failed') {
      await runDocker(docker, limits.builder.createArgs, { signal });
    }
  }
  const detection = await detectEngine(unmade ? plain : docker, signal);
  switch (detection.kind) {
    case 'found': {
      const { engine } = detection;
      return {
        kind: 'opened',
        docker,
        engine: unmade ? withLimitedBuilder(engine, limits.builder) : engine,
      };
    }
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'unusable': {
      const { diagnostic } = detection;
      return {
        kind: 'unusable',
        diagnostic: limits.kind === 'builder' ? { ...diagnostic, hint: limitsHint } : diagnostic,
      };
    }
  }
}

const limitsHint =
  'container_limits need a docker-container builder, whose image must be present or be pulled: give --no-container-limits, or use another --builder that has the limits';
