import type { Credentials } from '#adapters/registry/credentials.js';
import { Secret } from '#adapters/registry/secret.js';

/** A user and a password, as a configuration would give them. */
export function login(user: string, password: string): Credentials {
  return {
    kind: 'password',
    username: user,
    password: new Secret(password),
    source: 'the test',
    mayPublish: true,
  };
}
