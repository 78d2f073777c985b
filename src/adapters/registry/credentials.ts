import type { RegistryNames } from '#core/reference/registryNames.js';
import type { Environment } from '../process/process.js';
import { Secret } from './secret.js';
import type { Waits } from './waits.js';

/**
 * Whose name a tree's registry is asked under, and where that was found. `mayPublish` is true only
 * for what the configuration itself names: a docker login, or credentials that are merely lying
 * in the environment, publish nothing without --publish.
 */
export type Credentials =
  | {
      readonly kind: 'none';
      readonly mayPublish: false;
      /** What is there and was not used: the rest of a sentence after "; ". */
      readonly unused?: string;
    }
  | {
      readonly kind: 'password';
      readonly username: string;
      readonly password: Secret;
      /** For messages: `username and password of config.yaml`. */
      readonly source: string;
      readonly mayPublish: boolean;
      readonly docker?: DockerOwn;
    }
  /** An identity token of docker's configuration, changed into access tokens by OAuth2. */
  | {
      readonly kind: 'identity';
      readonly token: Secret;
      readonly source: string;
      readonly mayPublish: false;
      readonly docker?: DockerOwn;
    };

/** Credentials of docker's own configuration, which docker finds there by itself. */
export interface DockerOwn {
  /** The credential helper `docker-credential-HELPER` that gave them, perhaps for a short time. */
  readonly helper?: string;
}

export const noCredentials: Credentials = { kind: 'none', mayPublish: false };

/** Whether registries are asked with the credentials that are found, or always without. */
export type CredentialUse = 'any' | 'none';

/** What the machine knows beside the configuration. */
export interface CredentialSources {
  readonly environment: Environment;
  /** The invoking user's home directory. */
  readonly home: string;
  /** Absent: `any`. */
  readonly use?: CredentialUse;
  /** The registries that have several names by what is said outside of the tree; absent: none. */
  readonly names?: RegistryNames;
  /** Gets to know which credential helper is waited for. */
  readonly waits?: Waits;
  /** Ends the credential helper that is waited for. */
  readonly signal?: AbortSignal;
}

/** Everything of the credentials that may appear in no output. */
export function secretsOf(credentials: Credentials): Secret[] {
  switch (credentials.kind) {
    case 'none':
      return [];
    case 'password':
      return [
        credentials.password,
        new Secret(`${credentials.username}:${credentials.password.reveal()}`),
      ];
    case 'identity':
      return [credentials.token];
  }
}

/** Whether both are the same user's, from the same source: only their secrets may differ. */
export function isSameLogin(a: Credentials, b: Credentials): boolean {
  const userOf = (one: Credentials) => (one.kind === 'password' ? one.username : undefined);
  const sourceOf = (one: Credentials) => (one.kind === 'none' ? undefined : one.source);
  return a.kind === b.kind && sourceOf(a) === sourceOf(b) && userOf(a) === userOf(b);
}

/** For a hint: whose credentials a registry was asked with. */
export function accountOf(credentials: Credentials): string {
  switch (credentials.kind) {
    case 'none':
      return credentials.unused === undefined
        ? "no credentials were found in the configuration, the environment or docker's config.json"
        : `no credentials were found for it; ${credentials.unused}`;
    case 'password':
      return `asked as ${credentials.username} (${credentials.source})`;
    case 'identity':
      return `asked with the identity token of ${credentials.source}`;
  }
}
