import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from '../registry/credentials.js';

/** A DOCKER_CONFIG folder that holds one tree's login for its pushes and nothing else. */
export interface Login {
  readonly directory: string;
  remove(): void;
}

/**
 * Two trees on one registry may push as two users, and what somebody is logged in as on the machine
 * must not matter: so every tree's `docker push` runs with a DOCKER_CONFIG of its own, readable by
 * nobody else, gone at the end of the run.
 */
export function makeLogin(host: string, credentials: Credentials): Login {
  const directory = mkdtempSync(join(tmpdir(), 'generate-bake-login-'));
  const file = join(directory, 'config.json');
  writeFileSync(file, JSON.stringify(dockerConfig(host, credentials)), { mode: 0o600 });
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

function dockerConfig(host: string, credentials: Credentials): object {
  // Docker Hub has stood under this key since its first registry.
  const key = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
  switch (credentials.kind) {
    case 'none':
      return {};
    case 'password': {
      const { username, password } = credentials;
      const auth = Buffer.from(`${username}:${password.reveal()}`, 'utf8').toString('base64');
      return { auths: { [key]: { auth } } };
    }
    case 'identity':
      return { auths: { [key]: { identitytoken: credentials.token.reveal() } } };
  }
}
