import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import type { Environment } from '../process/process.js';
import { type CredentialSources, type Credentials, noCredentials } from './credentials.js';
import { dockerCredentials } from './dockerConfig.js';
import { Secret } from './secret.js';
import type { CredentialSettings } from './settings.js';

/**
 * The credentials for a registry's host, the first that is found: `username` with `password` or
 * `password_file` of the tree's configuration; the files `generate-bake-username` and
 * `generate-bake-password` of $CREDENTIALS_DIRECTORY (systemd.exec(5)); GENERATE_BAKE_USERNAME
 * and GENERATE_BAKE_PASSWORD; docker's config.json. What is half there is a diagnostic, never a
 * silent step to the next.
 */
export async function findCredentials(
  host: string,
  config: CredentialSettings,
  sources: CredentialSources,
): Promise<Outcome<Credentials>> {
  const configured = fromConfiguration(config, sources.environment);
  if (configured !== undefined) {
    return configured;
  }
  const handed =
    fromCredentialsDirectory(config, sources.environment) ??
    fromEnvironment(config, sources.environment);
  if (handed !== undefined) {
    return handed;
  }
  return dockerCredentials(host, sources);
}

function fromConfiguration(
  config: CredentialSettings,
  environment: Environment,
): Outcome<Credentials> | undefined {
  const file = config.files.at(-1) ?? 'the configuration';
  // Empty means absent, as docker-pkg has it.
  if (config.password) {
    if (config.username) {
      return found(config.username, config.password, `username and password of ${file}`, true);
    }
    return incomplete(config, 'password', 'a password without a username', 'add username');
  }
  if (!config.passwordFile) {
    return undefined;
  }
  if (!config.username) {
    return incomplete(config, 'password_file', 'password_file without a username', 'add username');
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
  config: CredentialSettings,
  environment: Environment,
): Outcome<Credentials> | undefined {
  const directory = environment.CREDENTIALS_DIRECTORY;
  if (directory === undefined || directory === '') {
    return undefined;
  }
  const password = readSecretFile(join(directory, 'generate-bake-password'));
  if (password === undefined) {
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
  config: CredentialSettings,
  environment: Environment,
): Outcome<Credentials> | undefined {
  const username = environment.GENERATE_BAKE_USERNAME || config.username;
  const password = environment.GENERATE_BAKE_PASSWORD;
  if (!password) {
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
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}
