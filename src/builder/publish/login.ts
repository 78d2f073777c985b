// biome-ignore-start lint/style/noRestrictedImports: makes a directory of its own in the temporary directory.
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { join, resolve } from 'node:path';
import type { Environment } from '#adapters/process/process.js';
import type { Credentials } from '#adapters/registry/credentials.js';
import { authsOfVariable, authVariable } from '#adapters/registry/dockerConfig.js';
import { makeMarked, removeStale } from '#core/files/temporary.js';

const kind = 'login';

/** Removes the logins of builds on this host that were killed: passwords are not to lie about. */
export function removeStaleLogins(): void {
  removeStale(kind);
}

/** A DOCKER_CONFIG folder made for this run, readable by nobody else. */
export interface Login {
  readonly directory: string;
  /** What docker is run with, so that it knows these logins and no others. */
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

type HostLogin = readonly [host: string, credentials: Credentials];

/** A login whose credentials are written anew when there are others. */
export interface PushLogin extends Login {
  renew(credentials: Credentials): void;
}

/**
 * One tree's login for its pushes, and nothing else: two trees on one registry may push as two
 * users, and whom somebody is logged in as on the machine must not matter. Contexts are the
 * user's: `own` is their docker configuration.
 */
export function pushLogin(own: string, host: string, credentials: Credentials): PushLogin {
  const directory = makeDirectory(own);
  const { currentContext, HttpHeaders } = readConfig(join(own, 'config.json'));
  let written: Credentials | undefined;
  const renew = (current: Credentials) => {
    if (current !== written) {
      write(directory, { currentContext, HttpHeaders, ...entriesOf([[host, current]]) });
      written = current;
    }
  };
  renew(credentials);
  return { ...login(directory), renew };
}

/** The login of everything that a build fetches. */
export interface BuildLogin extends Login {
  renew(logins: Iterable<HostLogin>): void;
}

/**
 * The user's own docker configuration with the logins of the trees added: what bake and pulls run
 * with, so that parents on a registry that the configuration has a password for can be fetched.
 * Plugins, contexts and builders are the user's, through links; `variable` is $DOCKER_AUTH_CONFIG.
 * What docker finds there by itself stays as it is: it asks its helpers whenever it needs them.
 */
export function buildLogin(
  own: string,
  variable: string | undefined,
  logins: Iterable<HostLogin>,
): BuildLogin {
  const directory = makeDirectory(own);
  const config = readConfig(join(own, 'config.json'));
  const handed = authsOfVariable(variable);
  let written: readonly Credentials[] | undefined;
  const renew = (current: Iterable<HostLogin>) => {
    const added = [...current].filter(([, one]) => one.kind !== 'none' && one.docker === undefined);
    const used = added.map(([, one]) => one);
    if (written?.every((one, at) => one === used[at])) {
      return;
    }
    written = used;
    const trees = entriesOf(added).auths;
    const auths = { ...asRecord(config.auths), ...handed, ...trees };
    // An empty helper sends docker to `auths`, past a store for all hosts. docker puts the variable
    // before its file, and so before the trees' logins: it goes into the file.
    const direct = Object.keys({ ...handed, ...trees }).map((key) => [key, '']);
    const credHelpers = { ...asRecord(config.credHelpers), ...Object.fromEntries(direct) };
    write(directory, { ...config, auths, credHelpers });
  };
  renew(logins);
  return { ...login(directory), renew };
}

function login(directory: string): Login {
  const env = { DOCKER_CONFIG: directory, [authVariable]: '' };
  return { directory, env, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Says whose it is, so that it can be removed when nobody's any more; all but the logins is there. */
function makeDirectory(own: string): string {
  const directory = makeMarked(kind);
  for (const name of existsSync(own) ? readdirSync(own) : []) {
    if (name !== 'config.json') {
      symlinkSync(resolve(own, name), join(directory, name));
    }
  }
  return directory;
}

/** In one step: docker may be reading it. */
function write(directory: string, config: object): void {
  const file = join(directory, 'config.json');
  writeFileSync(`${file}.new`, JSON.stringify(config), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** What docker reads for these logins; a helper is left to docker, which asks it for each push. */
function entriesOf(logins: readonly HostLogin[]) {
  const auths: Record<string, object> = {};
  const credHelpers: Record<string, string> = {};
  for (const [host, credentials] of logins) {
    // Docker Hub is under this key since its first registry.
    const key = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
    const helper = credentials.kind === 'none' ? undefined : credentials.docker?.helper;
    if (helper !== undefined) {
      credHelpers[key] = helper;
    } else if (credentials.kind === 'password') {
      const { username, password } = credentials;
      const auth = Buffer.from(`${username}:${password.reveal()}`, 'utf8').toString('base64');
      auths[key] = { auth };
    } else if (credentials.kind === 'identity') {
      auths[key] = { identitytoken: credentials.token.reveal() };
    }
  }
  return { auths, credHelpers };
}

/** Where docker has its configuration. */
export function dockerDirectory(env: Environment): string {
  return env.DOCKER_CONFIG || join(env.HOME ?? '', '.docker');
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
