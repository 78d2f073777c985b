import { atLeast, type EngineFacts } from '#adapters/docker/detect.js';
import { targetsOfACall } from '#compiler/plan/limits.js';

/** What an engine with its builder can do, by what was asked of it once (`detectEngine`). */
export interface EngineAbilities {
  readonly imageStore: EngineFacts['imageStore'];
  /** What the builder runs; empty: it does not say. */
  readonly platforms: readonly string[];
  /** Whether one image may be built for several platforms. */
  readonly severalPlatforms: boolean;
  /** Whether an image keeps what is beside it in its manifests: attestations, and annotations. */
  readonly attestations: boolean;
  /** Whether `cache-to` may name a registry or a directory. */
  readonly cacheExport: boolean;
  /** Whether a target may have `resources`. */
  readonly resources: boolean;
  readonly allow: boolean;
  readonly execution: boolean;
  /** Whether the registries of a policy bind what is built; absent: a build tries whether they do. */
  readonly sourcePolicy?: boolean;
  /** The most targets in one call; absent: there is no limit. */
  readonly targetsInACall?: number;
}

/** The table behind every refusal that depends on the engine (doc/dev/bake.md, Outputs, Newer engines). Pure. */
export function abilitiesOf(engine: EngineFacts): EngineAbilities {
  const { builder, imageStore, buildxVersion, dockerVersion = '0', platforms } = engine;
  const isDocker = builder.driver === 'docker';
  // The classic store keeps one image of one platform under a name, and nothing beside it. What another builder
  // makes is loaded there to be tested and pushed (docker exporter does not currently support exporting manifest lists);
  // without an engine it is pushed, and loaded nowhere.
  const isFull = imageStore !== 'classic';
  return {
    imageStore,
    platforms,
    severalPlatforms: isFull,
    attestations: isFull,
    cacheExport: !isDocker || isFull,
    resources: isDocker && atLeast(buildxVersion, [0, 35]) && atLeast(dockerVersion, [29, 6]),
    allow: engine.supportsAllow,
    execution: engine.supportsExecution,
    // Docker 24 has BuildKit 0.11, the first with source policies. Builders of other drivers need not say a version.
    ...(isDocker ? { sourcePolicy: atLeast(dockerVersion, [24, 0]) } : {}),
    ...(isDocker ? { targetsInACall: targetsOfACall } : {}),
  };
}

/** What all builders of a run can do: an image may be built on any of them. */
export function abilitiesOfAll({
  engine,
  pool = [],
}: {
  readonly engine: EngineFacts;
  readonly pool?: readonly { readonly engine: EngineFacts }[] | undefined;
}): Omit<EngineAbilities, 'sourcePolicy'> {
  const all = pool.length === 0 ? [engine] : pool.map((one) => one.engine);
  const each = all.map(abilitiesOf);
  const every = (able: (one: EngineAbilities) => boolean): boolean => each.every(able);
  const { sourcePolicy: _, ...first } = abilitiesOf(engine);
  return {
    ...first,
    severalPlatforms: every((one) => one.severalPlatforms),
    attestations: every((one) => one.attestations),
    cacheExport: every((one) => one.cacheExport),
    resources: every((one) => one.resources),
    allow: every((one) => one.allow),
    execution: every((one) => one.execution),
  };
}
