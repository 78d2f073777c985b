import type { EngineIdentity } from '#adapters/docker/identity.js';
import type { KnownFrontends } from '#compiler/plan/frontends.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { OpenRegistries } from '#fleet/registries.js';
import type { SourcePolicies } from './policy/sourcePolicies.js';
import type { OpenEngine } from './pool.js';
import type { BuildRequest } from './request.js';
import type { OpenedSecrets } from './secrets.js';
import type { StagingRepository } from './staging/repository.js';

/** A request with the registries that it asks and publishes to. */
export interface OpenedRun {
  readonly request: BuildRequest;
  /** Absent: nothing is built, and no engine is asked. */
  readonly opened?: OpenEngine;
  readonly secrets: OpenedSecrets;
  readonly registries: OpenRegistries;
  /** Where images wait that other builders need; absent: there is one builder, or none. */
  readonly staging?: StagingRepository;
  /** Where the jobs of a matrix put what has passed; absent: this is none. */
  readonly results?: StagingRepository;
  /** A different value runs every step again; undefined: no step runs again. */
  readonly rebuildKey: string | undefined;
}

/** The same with an engine, for what builds. */
export interface OpenedBuild extends OpenedRun {
  readonly opened: OpenEngine;
  /** The trees that would be published if an engine had tested their images; absent: there is one. */
  readonly awaitsEngine?: ReadonlySet<Tree>;
  /** Undefined where the daemon does not say which one it is. */
  readonly identity: EngineIdentity | undefined;
  /** From where images may take others, and what stands for parents; absent: they take what they name. */
  readonly sourcePolicies?: SourcePolicies;
  /** What the frontends of services take that are built; empty until that is decided. */
  readonly frontends: KnownFrontends;
}
