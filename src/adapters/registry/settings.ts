import type { Place } from '#core/diagnostics/diagnostic.js';
import type { RegistryNames } from '#core/reference/registryNames.js';

/** What a tree's configuration says of its registry, under the names of its keys. */
export interface RegistrySettings extends CredentialSettings {
  /** `host[:port]`, perhaps with a path behind it; empty: no registry. */
  readonly registry: string;
  /** The name under which it is pushed to; absent: `registry`. */
  readonly pushRegistry?: string;
  /** Which registries have several names; absent: none. */
  readonly registryNames?: RegistryNames;
  /** Hosts (`host[:port]`) spoken to by plain http; loopback ones always may be. */
  readonly insecureRegistries: readonly string[];
  /** A file of PEM certificates that are trusted beside the system's. Absolute. */
  readonly caBundle?: string;
  readonly httpProxy?: string;
  /** How many requests run at once. */
  readonly scanWorkers: number;
}

export interface CredentialSettings {
  readonly username?: string;
  readonly password?: string;
  /** Absolute. */
  readonly passwordFile?: string;
  /** Where a key was set, for messages about its value; absent for defaults. */
  readonly places: ReadonlyMap<string, Place>;
  /** The files it was read from, as a person would open them. */
  readonly files: readonly string[];
}
