import { detectEngine, type EngineDetection } from '#adapters/docker/detect.js';
import { type Docker, runDocker } from '#adapters/docker/docker.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { abilitiesOf } from './abilities.js';
import { type LimitedBuilder, limitsDecision, withLimitedBuilder } from './containerLimits.js';
import { isAbsent, openNamed } from './namedBuilder.js';
import { type EngineOpening, type EngineWish, openPool } from './pool.js';
import type { Host } from './request.js';

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
