import { createHash } from 'node:crypto';
import type { EngineFacts } from '#adapters/docker/detect.js';
import { limitsIn } from '#compiler/workspace/limits.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';

/** A buildx builder that keeps every build within `container_limits`. */
export interface LimitedBuilder {
  readonly name: string;
  /** For `docker`, to make it where it is not there yet. */
  readonly createArgs: readonly string[];
}

export type LimitsDecision =
  | { readonly kind: 'none' }
  | { readonly kind: 'builder'; readonly builder: LimitedBuilder }
  | { readonly kind: 'refused'; readonly problem: Diagnostic };

/**
 * How `container_limits` of these trees are applied by an engine whose bake has no `resources` for it. Only a
 * docker-container builder can be
 * limited, and only when it is made, so a builder of our own is made for each set of limits; one
 * that the user names is refused, since its limits are not ours to change.
 */
export function limitsDecision(
  trees: Iterable<Tree>,
  chosenBuilder: string | undefined,
): LimitsDecision {
  const limited = [...trees].filter((tree) => tree.config.containerLimits !== undefined);
  const [first] = limited;
  const limits = first?.config.containerLimits;
  if (first === undefined || limits === undefined) {
    return { kind: 'none' };
  }
  const place = first.config.places.get('container_limits');
  const at = place === undefined ? {} : { place };
  const other = limited.find((tree) => tree.config.containerLimits !== limits);
  if (other !== undefined) {
    const message = `the trees ${first.name} and ${other.name} have different container_limits`;
    const hint = 'build them one by one, or both with --no-container-limits';
    return { kind: 'refused', problem: error('container-limits', message, { ...at, hint }) };
  }
  const builder = limitedBuilder(limits);
  if (chosenBuilder !== undefined) {
    const message = `container_limits cannot be applied to the builder ${chosenBuilder}: limits are set when a builder is made`;
    const hint = `leave --builder out, give --no-container-limits, or make the builder with: docker ${builder.createArgs.join(' ')}`;
    return { kind: 'refused', problem: error('container-limits', message, { ...at, hint }) };
  }
  return { kind: 'builder', builder };
}

/** What an engine is with such a builder, made or not. */
export function withLimitedBuilder(engine: EngineFacts, { name }: LimitedBuilder): EngineFacts {
  return { ...engine, builder: { name, driver: 'docker-container' }, sharesImages: false };
}

/** The builder for limits as the configuration writes them, `memory=4000000,cpusetcpus=0-2`. */
export function limitedBuilder(limits: string): LimitedBuilder {
  const options = [...limitsIn(limits)].map(([name, value]) => `${name}=${value}`);
  const hash = createHash('sha256')
    .update([...options].sort().join('\n'))
    .digest('hex');
  const name = `generate-bake-${hash.slice(0, 12)}`;
  return {
    name,
    createArgs: [
      ...['buildx', 'create', '--name', name, '--driver', 'docker-container'],
      ...options.flatMap((option) => ['--driver-opt', option]),
    ],
  };
}
