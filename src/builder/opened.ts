import type { EngineIdentity } from '#adapters/docker/identity.js';
import type { OpenRegistries } from '#fleet/registries.js';
import type { OpenEngine } from './engine.js';
import type { BuildRequest } from './request.js';
import type { OpenedSecrets } from './secrets.js';

/** A request with the engine and the registries that it runs on. */
export interface OpenedBuild {
  readonly request: BuildRequest;
  readonly opened: OpenEngine;
  /** Undefined where the daemon does not say which one it is. */
  readonly identity: EngineIdentity | undefined;
  readonly secrets: OpenedSecrets;
  readonly registries: OpenRegistries;
  /** A different value runs every step again; undefined: no step runs again. */
  readonly rebuildKey: string | undefined;
}
