// biome-ignore-start lint/style/noRestrictedImports: makes a directory of its own in the temporary directory.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from '#adapters/registry/credentials.js';
import { authsOfVariable, authVariable } from '#adapters/registry/dockerConfig.js';
import { isRunning } from '#core/files/isRunning.js';

const prefix = 'generate-bake-login-';

/** Removes the logins of builds on this host that were killed: passwords are not to lie about. */
export function removeStaleLogins(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = /-(\d+)-[^-]+$/.exec(name)?.[1];
    if (pid === undefined || !name.startsWith(`${prefix}${hostname()}-${pid}-`)) {
      continue;
    }
    if (isRunning(Number(pid))) {
      continue;
    }
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another user's.
    }
  }
}

/** A DOCKER_CONFIG folder made for this run, readable by nobody else. */
export interface Login {
  readonly directory: string;
  /** What docker is run with, so that it knows these logins and no others. */
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/**
 * One tree's login for its pushes, and nothing else: two trees on one registry may push as two
 * users, and whom somebody is logged in as on the machine must not matter.
 */
export function pushLogin(host: string, credentials: Credentials): Login {
  const directory = makeDirectory();
  write(directory, { auths: entryOf(host, credentials) });
  return login(directory);
}

/**
 * The user's own docker configuration with the logins of the trees added: what bake and pulls run
 * with, so that parents on a registry that the configuration has a password for can be fetched.
 * Plugins, contexts and builders are the user's, through links; `variable` is $DOCKER_AUTH_CONFIG.
 */
export function buildLogin(
  own: string,
  variable: string | undefined,
  logins: Iterable<readonly [host: string, credentials: Credentials]>,
): Login {
  const directory = makeDirectory();
  for (const name of existsSync(own) ? readdirSync(own) : []) {
    if (name !== 'config.json') {
      symlinkSync(join(own, name), join(directory, name));
    }
  }
  const config = readConfig(join(own, 'config.json'));
  const auths: Record<string, unknown> = { ...asRecord(config.auths) };
  const credHelpers: Record<string, unknown> = { ...asRecord(config.credHelpers) };
  // docker puts the variable before its file, and so before the trees' logins: it goes into the file.
  for (const [key, entry] of Object.entries(authsOfVariable(variable))) {
    auths[key] = entry;
    credHelpers[key] = '';
  }
  for (const [host, credentials] of logins) {
    for (const [key, entry] of Object.entries(entryOf(host, credentials))) {
      auths[key] = entry;
      // An empty helper sends docker to `auths`, past a store for all hosts.
      credHelpers[key] = '';
    }
  }
  write(directory, { ...config, auths, credHelpers });
  return login(directory);
}

function login(directory: string): Login {
  const env = { DOCKER_CONFIG: directory, [authVariable]: '' };
  return { directory, env, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Says whose it is, so that it can be reported when nobody's any more. */
function makeDirectory(): string {
  return mkdtempSync(join(tmpdir(), `${prefix}${hostname()}-${process.pid}-`));
}

function write(directory: string, config: object): void {
  writeFileSync(join(directory, 'config.json'), JSON.stringify(config), { mode: 0o600 });
}

function entryOf(host: string, credentials: Credentials): Record<string, object> {
  // Docker Hub has was under this key since its first registry.
  const key = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
  switch (credentials.kind) {
    case 'none':
      return {};
    case 'password': {
      const { username, password } = credentials;
      const auth = Buffer.from(`${username}:${password.reveal()}`, 'utf8').toString('base64');
      return { [key]: { auth } };
    }
    case 'identity':
      return { [key]: { identitytoken: credentials.token.reveal() } };
  }
}

function readConfig(file: string): Record<string, unknown> {
  try {
    return asRecord(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Absent, or what docker itself would complain of.
    return {};
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
