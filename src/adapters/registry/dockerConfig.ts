import { join } from 'node:path';
import { type Diagnostic, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { readText } from '#core/files/readBytes.js';
import { dockerHub } from '#core/reference/hosts.js';
import { askHelper } from './credentialHelper.js';
import {
  type CredentialSources,
  type Credentials,
  type DockerOwn,
  noCredentials,
} from './credentials.js';
import { Secret } from './secret.js';

/** The name under which docker keeps Docker Hub's login. */
const hubKey = 'https://index.docker.io/v1/';

/**
 * What docker knows of a host: the entry of $DOCKER_AUTH_CONFIG, which GitLab CI sets and docker puts
 * before all else; then, of $DOCKER_CONFIG/config.json (else ~/.docker), the helper
 * that `credHelpers` names for it, else the one of `credsStore`, else the entry of `auths`.
 * A helper that says it has none is followed by the next; one that cannot be asked is a warning.
 */
export async function dockerCredentials(
  host: string,
  sources: CredentialSources,
): Promise<Outcome<Credentials>> {
  const directory = sources.environment.DOCKER_CONFIG || join(sources.home, '.docker');
  const file = join(directory, 'config.json');
  const diagnostics: Diagnostic[] = [];
  const server = host === dockerHub ? hubKey : host;
  const handed = fromVariable(sources.environment[authVariable], host, server, diagnostics);
  if (handed !== undefined) {
    return { value: handed, diagnostics };
  }
  const config = readConfig(file, diagnostics);
  for (const helper of helpersFor(config, server, file, diagnostics)) {
    const reply = await askHelper(helper, server, sources);
    switch (reply.kind) {
      case 'found':
        return {
          value: credentialsOf(reply.username, reply.secret, reply.source, { helper }),
          diagnostics,
        };
      case 'none':
        break;
      case 'failed':
        diagnostics.push(
          warning('credential-helper-failed', reply.reason, {
            place: { file },
            hint: reply.hint,
          }),
        );
    }
  }
  const found = fromAuths(config.auths, server, file);
  if (found.kind === 'unusable') {
    const hint = `run docker login ${host} again`;
    diagnostics.push(unusable(found.reason, file, { place: { file }, hint }));
  }
  return { value: found.kind === 'found' ? found.credentials : noCredentials, diagnostics };
}

function unusable(
  reason: string,
  source: string,
  more: Pick<Diagnostic, 'place' | 'hint'>,
): Diagnostic {
  return warning('docker-login-unreadable', `no login is read from ${source}: ${reason}`, more);
}

/** The variable that docker 28.3 and newer read: the text of a config.json with `auths` alone. */
export const authVariable = 'DOCKER_AUTH_CONFIG';

/** The entries of `auths` in the variable; nothing where it is not one of docker's. */
export function authsOfVariable(text: string | undefined): JsonObject {
  const value = text ? parsed(text) : undefined;
  return value !== undefined && isObject(value.auths) ? value.auths : {};
}

function fromVariable(
  text: string | undefined,
  host: string,
  server: string,
  diagnostics: Diagnostic[],
): Credentials | undefined {
  if (!text) {
    return undefined;
  }
  if (parsed(text) === undefined) {
    diagnostics.push(
      warning('docker-config-unreadable', `$${authVariable} is not a JSON object`, {
        hint: `write {"auths": {"${host}": {"auth": "…"}}} into it, or unset it`,
      }),
    );
    return undefined;
  }
  const source = `$${authVariable}`;
  const found = fromAuths(parsed(text)?.auths, server, source);
  if (found.kind === 'unusable') {
    const hint = `write {"auths": {"${host}": {"auth": "…"}}} into it, with the base64 of USER:PASSWORD`;
    diagnostics.push(unusable(found.reason, source, { hint }));
  }
  return found.kind === 'found' ? found.credentials : undefined;
}

type Login =
  | { readonly kind: 'found'; readonly credentials: Credentials }
  | { readonly kind: 'none' }
  /** A sentence that quotes nothing of the entry. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** The login for a server among `auths`. */
function fromAuths(auths: unknown, server: string, source: string): Login {
  if (auths === undefined) {
    return { kind: 'none' };
  }
  if (!isObject(auths)) {
    return { kind: 'unusable', reason: 'auths is not an object' };
  }
  const entry = valueFor(auths, server);
  if (entry === undefined) {
    return { kind: 'none' };
  }
  if (!isObject(entry)) {
    return { kind: 'unusable', reason: `the entry for ${server} is not an object` };
  }
  const identity = textAt(entry, 'identitytoken');
  if (identity !== undefined) {
    const credentials = credentialsOf('<token>', new Secret(identity), source);
    return { kind: 'found', credentials };
  }
  const login = loginOf(entry);
  if (typeof login !== 'string') {
    const credentials = credentialsOf(login.username, new Secret(login.password), source);
    return { kind: 'found', credentials };
  }
  // An empty entry is what docker leaves beside a helper: no complaint.
  return Object.keys(entry).length === 0
    ? { kind: 'none' }
    : { kind: 'unusable', reason: `the entry for ${server} ${login}` };
}

/** `<token>` as the user is docker's way of saying that the secret is an identity token. */
function credentialsOf(
  username: string,
  secret: Secret,
  source: string,
  docker: DockerOwn = {},
): Credentials {
  return username === '<token>'
    ? { kind: 'identity', token: secret, source, mayPublish: false, docker }
    : { kind: 'password', username, password: secret, source, mayPublish: false, docker };
}

/** The keys of the `proxies` in docker's configuration whose addresses have a user or a password. */
export function proxiesWithCredentials(directory: string): {
  readonly file: string;
  readonly keys: readonly string[];
} {
  const file = join(directory, 'config.json');
  const { proxies } = readConfig(file, []);
  const ofHosts = isObject(proxies) ? Object.values(proxies).filter(isObject) : [];
  const keys = ofHosts.flatMap((proxy) =>
    Object.keys(proxy).filter(
      (key) => key !== 'noProxy' && /^(?:[^/]*\/\/)?[^/?#]*@/.test(textAt(proxy, key) ?? ''),
    ),
  );
  return { file, keys: [...new Set(keys)] };
}

type JsonObject = Readonly<Record<string, unknown>>;

function readConfig(file: string, diagnostics: Diagnostic[]): JsonObject {
  let text: string;
  try {
    text = readText(file);
  } catch {
    return {};
  }
  const value = parsed(text);
  if (value !== undefined) {
    return value;
  }
  diagnostics.push(
    warning('docker-config-unreadable', `${file} is not a JSON object`, {
      place: { file },
      hint: 'fix or remove the file',
    }),
  );
  return {};
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // The parser's message quotes the text, which holds credentials.
    return undefined;
  }
}

/** The helpers that are asked for a server, in order; complains of what cannot be the name of one. */
function helpersFor(
  { credHelpers = {}, credsStore }: JsonObject,
  server: string,
  file: string,
  diagnostics: Diagnostic[],
): string[] {
  const complain = (reason: string): [] => {
    const hint = 'name the helper docker-credential-NAME as NAME, or remove the entry';
    diagnostics.push(unusable(reason, file, { place: { file }, hint }));
    return [];
  };
  const named = (key: string, helper: unknown): string[] => {
    if (helper === undefined || helper === '') {
      return [];
    }
    return typeof helper === 'string' ? [helper] : complain(`${key} is not the name of a helper`);
  };
  const own = isObject(credHelpers)
    ? named(`credHelpers for ${server}`, valueFor(credHelpers, server))
    : complain('credHelpers is not an object');
  return [...own, ...named('credsStore', credsStore)];
}

/** The value of the key that is the server, else of the first one of the same host. */
function valueFor(byServer: JsonObject, server: string): unknown {
  return (
    byServer[server] ??
    Object.entries(byServer).find(([key]) => hostOf(key) === hostOf(server))?.[1]
  );
}

/** Keys are written with and without scheme and path: docker compares the host alone. */
function hostOf(key: string): string {
  return (key.replace(/^https?:\/\//, '').split('/')[0] ?? '').toLowerCase();
}

/** User and password of an entry, or what is wrong with it: the end of a sentence. */
function loginOf(entry: JsonObject): { username: string; password: string } | string {
  const username = textAt(entry, 'username');
  const password = textAt(entry, 'password');
  if (username !== undefined && password !== undefined) {
    return { username, password };
  }
  const auth = textAt(entry, 'auth');
  if (auth === undefined) {
    return textAt(entry, 'registrytoken') === undefined
      ? 'has no auth'
      : 'has a registrytoken, which generate-bake cannot use';
  }
  if (!isBase64.test(auth.trim())) {
    return 'has an auth that is not base64';
  }
  const pair = Buffer.from(auth, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) {
    return 'has an auth that is not the base64 of USER:PASSWORD';
  }
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1).replace(/\0+$/, '') };
}

const isBase64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

function textAt(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
