import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { dockerHub } from './address.js';
import { askHelper } from './credentialHelper.js';
import { type CredentialSources, type Credentials, noCredentials } from './credentials.js';
import { Secret } from './secret.js';

/** The name under which docker keeps Docker Hub's login. */
const hubKey = 'https://index.docker.io/v1/';

/**
 * What `docker login` left for a host: of $DOCKER_CONFIG/config.json (else ~/.docker), the helper
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
  const config = readConfig(file, diagnostics);
  const server = host === dockerHub ? hubKey : host;
  for (const helper of helpersFor(config, server)) {
    const reply = await askHelper(helper, server, sources.environment);
    switch (reply.kind) {
      case 'found':
        return { value: credentialsOf(reply.username, reply.secret, reply.source), diagnostics };
      case 'none':
        break;
      case 'failed':
        diagnostics.push(
          warning('credential-helper-failed', reply.reason, {
            place: { file },
            hint: 'install it, or remove it from credHelpers and credsStore',
          }),
        );
    }
  }
  const entry = authEntry(config, server);
  if (entry === undefined) {
    return { value: noCredentials, diagnostics };
  }
  const identity = textAt(entry, 'identitytoken');
  if (identity !== undefined) {
    return { value: credentialsOf('<token>', new Secret(identity), file), diagnostics };
  }
  const login = loginOf(entry);
  if (login !== undefined) {
    return {
      value: credentialsOf(login.username, new Secret(login.password), file),
      diagnostics,
    };
  }
  // An empty entry is what docker leaves beside a helper: no complaint.
  if (Object.keys(entry).length > 0) {
    diagnostics.push(
      warning('docker-login-unreadable', `the entry for ${server} cannot be used`, {
        place: { file },
        hint: `run docker login ${host} again`,
      }),
    );
  }
  return { value: noCredentials, diagnostics };
}

/** `<token>` as the user is docker's way of saying that the secret is an identity token. */
function credentialsOf(username: string, secret: Secret, source: string): Credentials {
  return username === '<token>'
    ? { kind: 'identity', token: secret, source, mayPublish: false }
    : { kind: 'password', username, password: secret, source, mayPublish: false };
}

type JsonObject = Readonly<Record<string, unknown>>;

function readConfig(file: string, diagnostics: Diagnostic[]): JsonObject {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) {
      return value;
    }
  } catch {
    // The parser's message quotes the text, which holds credentials.
  }
  diagnostics.push(
    warning('docker-config-unreadable', `${file} is not a JSON object`, {
      place: { file },
      hint: 'fix or remove the file',
    }),
  );
  return {};
}

function helpersFor(config: JsonObject, server: string): string[] {
  const helpers = isObject(config.credHelpers) ? config.credHelpers : {};
  const own = Object.entries(helpers).find(([key]) => hostOf(key) === hostOf(server))?.[1];
  return [own, config.credsStore].filter(
    (helper): helper is string => typeof helper === 'string' && helper !== '',
  );
}

function authEntry(config: JsonObject, server: string): JsonObject | undefined {
  const auths = isObject(config.auths) ? config.auths : {};
  const exact = auths[server];
  if (isObject(exact)) {
    return exact;
  }
  const near = Object.entries(auths).find(([key]) => hostOf(key) === hostOf(server))?.[1];
  return isObject(near) ? near : undefined;
}

/** Keys are written with and without scheme and path: docker compares the host alone. */
function hostOf(key: string): string {
  return (key.replace(/^https?:\/\//, '').split('/')[0] ?? '').toLowerCase();
}

function loginOf(entry: JsonObject): { username: string; password: string } | undefined {
  const username = textAt(entry, 'username');
  const password = textAt(entry, 'password');
  if (username !== undefined && password !== undefined) {
    return { username, password };
  }
  const auth = textAt(entry, 'auth');
  if (auth === undefined) {
    return undefined;
  }
  const pair = Buffer.from(auth, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) {
    return undefined;
  }
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1).replace(/\0+$/, '') };
}

function textAt(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
