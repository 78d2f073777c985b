import { detectEngine, type EngineFacts } from '#adapters/docker/detect.js';
import { type Docker, runDocker } from '#adapters/docker/docker.js';
import { limitsDecision, withLimitedBuilder } from '#builder/run/containerLimits.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

export interface OpenEngine {
  readonly docker: Docker;
  readonly engine: EngineFacts;
}

/**
 * The engine that a build runs on, with a builder that keeps `container_limits` where the trees
 * have any. Undefined, with the reason told, where there is none.
 */
export async function openEngine(
  input: { readonly builder?: string; readonly containerLimits: boolean; readonly dryRun: boolean },
  trees: Iterable<Tree>,
  io: Io,
  signal: AbortSignal,
): Promise<OpenEngine | undefined> {
  const chosen = input.builder ?? (io.env.BUILDX_BUILDER || undefined);
  const limits = input.containerLimits ? limitsDecision(trees, chosen) : { kind: 'none' as const };
  if (limits.kind === 'refused') {
    report(io, [limits.problem]);
    return undefined;
  }
  const builder = limits.kind === 'builder' ? limits.builder.name : chosen;
  // Units of systemd may have no HOME, where docker's own configuration and plugins are.
  const env = { ...io.env, HOME: io.env.HOME || io.home };
  const plain: Docker = { program: 'docker', env, cwd: io.cwd };
  const docker: Docker = builder === undefined ? plain : { ...plain, builder };
  // A dry run plans for the builder that would be made, and makes none.
  const unmade = limits.kind === 'builder' && input.dryRun;
  if (limits.kind === 'builder' && !input.dryRun) {
    const there = await runDocker(docker, ['buildx', 'inspect', limits.builder.name], { signal });
    // What went wrong when it was made shows when it is asked for.
    if (there.kind === 'failed') {
      await runDocker(docker, limits.builder.createArgs, { signal });
    }
  }
  const detection = await detectEngine(unmade ? plain : docker, signal);
  if (detection.kind === 'found') {
    const { engine } = detection;
    return { docker, engine: unmade ? withLimitedBuilder(engine, limits.builder) : engine };
  }
  if (detection.kind === 'unusable') {
    const { diagnostic } = detection;
    const hint =
      limits.kind === 'builder'
        ? 'container_limits need a docker-container builder, whose image must be there or be pulled: give --no-container-limits, or use another --builder that has the limits'
        : diagnostic.hint;
    report(io, [hint === undefined ? diagnostic : { ...diagnostic, hint }]);
  }
  return undefined;
}
