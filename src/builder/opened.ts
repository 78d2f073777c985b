import type { EngineIdentity } from '#adapters/docker/identity.js';
import type { OpenRegistries } from '#fleet/registries.js';
import type { OpenEngine } from './engine.js';
import type { RegistryPolicy } from './policy/registryPolicy.js';
import type { BuildRequest } from './request.js';
import type { OpenedSecrets } from './secrets.js';
import type { StagingRepository } from './staging/repository.js';

/** A request with the engine and the registries that it runs on. */
export interface OpenedBuild {
  readonly request: BuildRequest;
  readonly opened: OpenEngine;
  /** Undefined where the daemon does not say which one it is. */
  readonly identity: EngineIdentity | undefined;
  readonly secrets: OpenedSecrets;
  readonly registries: OpenRegistries;
  /** From where images may take others; absent: from anywhere. */
  readonly registryPolicy?: RegistryPolicy;
  /** Where images wait that other builders need; absent: there is one builder. */
  readonly staging?: StagingRepository;
  /** Where the jobs of a matrix put what has passed; absent: this is none. */
  readonly results?: StagingRepository;
  /** A different value runs every step again; undefined: no step runs again. */
  readonly rebuildKey: string | undefined;
}
