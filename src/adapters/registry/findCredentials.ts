import { basename, join } from 'node:path';
import {
  type Diagnostic,
  error,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { readText } from '#core/files/readBytes.js';
import { canonicalHost } from '#core/reference/hosts.js';
import type { Environment } from '../process/process.js';
import { readUserConfiguration } from '../user/configuration.js';
import { addressOf } from './address.js';
import { type CredentialSources, type Credentials, noCredentials } from './credentials.js';
import { dockerCredentials } from './dockerConfig.js';
import type { IsOfTree } from './origin.js';
import { Secret } from './secret.js';
import type { CredentialSettings } from './settings.js';

/**
 * The credentials for a registry's host, the first that is found: `username` with `password` or
 * `password_file` of the tree's configuration; the files `generate-bake-username` and
 * `generate-bake-password` of $CREDENTIALS_DIRECTORY (systemd.exec(5)); GENERATE_BAKE_USERNAME
 * and GENERATE_BAKE_PASSWORD; docker's config.json. What is half there is a diagnostic, never a
 * silent step to the next.
 *
 * Secrets from outside the tree go only to a host that was named outside it too, by whichever of the
 * names that it has by what is said there. Errors: `credentials-unbound` where none was.
 */
export async function findCredentials(
  host: string,
  config: CredentialSettings,
  sources: CredentialSources,
  isOfTree: IsOfTree,
): Promise<Outcome<Credentials>> {
  if (sources.use === 'none') {
    return { value: noCredentials, diagnostics: [] };
  }
  const configured = fromConfiguration(host, config, sources, isOfTree);
  if (configured !== undefined) {
    return configured;
  }
  const handed =
    fromCredentialsDirectory(host, config, sources) ?? fromEnvironment(host, config, sources);
  if (handed !== undefined) {
    return handed;
  }
  const docker = await fromDocker(host, sources);
  const unused = docker.value.kind === 'none' ? unusedOnes(sources) : undefined;
  return unused === undefined
    ? docker
    : { ...docker, value: { kind: 'none', mayPublish: false, unused } };
}

/** Which secrets are there for other hosts alone. */
function unusedOnes(sources: CredentialSources): string | undefined {
  const { environment } = sources;
  const directory = environment.CREDENTIALS_DIRECTORY;
  const hasFile =
    Boolean(directory) && readSecretFile(join(directory ?? '', passwordFile)) !== undefined;
  const source = environment.GENERATE_BAKE_PASSWORD
    ? 'GENERATE_BAKE_PASSWORD'
    : hasFile
      ? `${passwordFile} of $CREDENTIALS_DIRECTORY`
      : undefined;
  const hosts = [...new Set(namedHosts(sources))].join(', ');
  return source === undefined ? undefined : `${source} is for ${hosts}`;
}

/** In $CREDENTIALS_DIRECTORY. */
const passwordFile = 'generate-bake-password';

/** Docker's login for the host, else one for another name of it. */
async function fromDocker(host: string, sources: CredentialSources): Promise<Outcome<Credentials>> {
  const diagnostics: Diagnostic[] = [];
  for (const name of hostsOf(host, sources)) {
    const login = await dockerCredentials(name, sources);
    diagnostics.push(...login.diagnostics);
    const { value } = login;
    if (value.kind === 'none') {
      continue;
    }
    // Docker does not find by itself what it has under another name.
    const { docker, ...rest } = value;
    return { value: name === host ? value : rest, diagnostics };
  }
  return { value: noCredentials, diagnostics };
}

/** All names of a host, its own first. */
function hostsOf(host: string, { names }: CredentialSources): readonly string[] {
  const all = names?.all(host) ?? [host];
  return [...new Set(all.map(canonicalHost))];
}

function fromConfiguration(
  host: string,
  config: CredentialSettings,
  sources: CredentialSources,
  isOfTree: IsOfTree,
): Outcome<Credentials> | undefined {
  const { environment } = sources;
  const file = config.files.at(-1) ?? 'the configuration';
  // Empty means absent, as docker-pkg has it.
  if (config.password) {
    if (config.username) {
      const unbound =
        !isOfTree('password') && isOfTree('registry')
          ? unboundFor(host, 'password', config, sources)
          : undefined;
      return (
        unbound ?? found(config.username, config.password, `username and password of ${file}`, true)
      );
    }
    return incomplete(config, 'password', 'a password without a username', 'add username');
  }
  if (!config.passwordFile) {
    return undefined;
  }
  if (!config.username) {
    return incomplete(config, 'password_file', 'password_file without a username', 'add username');
  }
  if (isOfTree('password_file') || isOfTree('registry')) {
    const unbound = unboundFor(host, 'password_file', config, sources);
    if (unbound !== undefined) {
      return unbound;
    }
  }
  const path = passwordPath(config.passwordFile, environment);
  const password = readSecretFile(path);
  if (password !== undefined) {
    return found(config.username, password, `username and password_file of ${file}`, true);
  }
  const place = config.places.get('password_file');
  return {
    value: noCredentials,
    diagnostics: [
      error('password-file-unreadable', `password_file ${path} cannot be read`, {
        ...(place === undefined ? {} : { place }),
        hint: 'make the file readable for the user that runs generate-bake, or name another',
      }),
    ],
  };
}

/**
 * A file of that name in $CREDENTIALS_DIRECTORY goes first: there systemd's LoadCredential= puts
 * what the unit's user could not read otherwise.
 */
function passwordPath(written: string, environment: Environment): string {
  const directory = environment.CREDENTIALS_DIRECTORY;
  const handed = directory ? join(directory, basename(written)) : undefined;
  return handed !== undefined && readSecretFile(handed) !== undefined ? handed : written;
}

function fromCredentialsDirectory(
  host: string,
  config: CredentialSettings,
  sources: CredentialSources,
): Outcome<Credentials> | undefined {
  const { environment } = sources;
  const directory = environment.CREDENTIALS_DIRECTORY;
  if (directory === undefined || directory === '') {
    return undefined;
  }
  const password = readSecretFile(join(directory, passwordFile));
  if (password === undefined) {
    return undefined;
  }
  const named = namedHosts(sources);
  if (named.length === 0) {
    return unbound(host, 'generate-bake-password of $CREDENTIALS_DIRECTORY');
  }
  if (!named.includes(host)) {
    return undefined;
  }
  const username =
    readSecretFile(join(directory, 'generate-bake-username')) ||
    config.username ||
    environment.GENERATE_BAKE_USERNAME;
  if (!username) {
    return incomplete(
      config,
      undefined,
      '$CREDENTIALS_DIRECTORY has generate-bake-password and no generate-bake-username',
      'add the file, or username to the configuration',
    );
  }
  return found(username, password, 'generate-bake-password of $CREDENTIALS_DIRECTORY', false);
}

function fromEnvironment(
  host: string,
  config: CredentialSettings,
  sources: CredentialSources,
): Outcome<Credentials> | undefined {
  const { environment } = sources;
  const username = environment.GENERATE_BAKE_USERNAME || config.username;
  const password = environment.GENERATE_BAKE_PASSWORD;
  if (!password) {
    return undefined;
  }
  const named = namedHosts(sources);
  if (named.length === 0) {
    return unbound(host, 'GENERATE_BAKE_PASSWORD');
  }
  if (!named.includes(host)) {
    return undefined;
  }
  if (!username) {
    return incomplete(
      config,
      undefined,
      'GENERATE_BAKE_PASSWORD is set and GENERATE_BAKE_USERNAME is not',
      'set both',
    );
  }
  return found(username, password, 'GENERATE_BAKE_USERNAME and GENERATE_BAKE_PASSWORD', false);
}

/**
 * The hosts that the user named: GENERATE_BAKE_REGISTRY, a file of $CREDENTIALS_DIRECTORY, and the
 * user's own configuration, whose problems are told when the workspace is opened.
 */
function namedHosts(sources: CredentialSources): readonly string[] {
  const { environment } = sources;
  const directory = environment.CREDENTIALS_DIRECTORY;
  const handed = directory ? readSecretFile(join(directory, 'generate-bake-registry')) : undefined;
  const { registries } = readUserConfiguration(sources).value;
  return [environment.GENERATE_BAKE_REGISTRY, handed, ...registries].flatMap((registry) => {
    const host = registry ? addressOf(`${registry.trim()}/x`)?.host : undefined;
    return host === undefined ? [] : hostsOf(host, sources);
  });
}

/** An error where the host is not among those that the user named. */
function unboundFor(
  host: string,
  key: string,
  config: CredentialSettings,
  sources: CredentialSources,
): Outcome<Credentials> | undefined {
  return namedHosts(sources).includes(host)
    ? undefined
    : unbound(host, `${key} of the configuration`, config.places.get(key));
}

function unbound(host: string, source: string, place?: Place): Outcome<Credentials> {
  return {
    value: noCredentials,
    diagnostics: [
      error(
        'credentials-unbound',
        `${source} is not sent to ${host}: only the tree names this registry`,
        {
          ...(place === undefined ? {} : { place }),
          hint: `set GENERATE_BAKE_REGISTRY=${host} in the environment if this registry may have them`,
        },
      ),
    ],
  };
}

function found(
  username: string,
  password: string,
  source: string,
  mayPublish: boolean,
): Outcome<Credentials> {
  return {
    value: { kind: 'password', username, password: new Secret(password), source, mayPublish },
    diagnostics: [],
  };
}

function incomplete(
  config: CredentialSettings,
  key: string | undefined,
  message: string,
  hint: string,
): Outcome<Credentials> {
  const place = key === undefined ? undefined : config.places.get(key);
  const diagnostic: Diagnostic = warning('credentials-incomplete', message, {
    ...(place === undefined ? {} : { place }),
    hint,
  });
  return { value: noCredentials, diagnostics: [diagnostic] };
}

/** The file's text without the line end that editors add; undefined when it cannot be read. */
function readSecretFile(path: string): string | undefined {
  try {
    return readText(path).replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}
