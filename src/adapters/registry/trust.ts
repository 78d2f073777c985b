import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { readText } from '#core/files/readBytes.js';
import type { Environment } from '../process/process.js';

/** Where Debian keeps what the administrator trusts; Node alone knows only Mozilla's list. */
const systemBundle = '/etc/ssl/certs/ca-certificates.crt';
/** Where the engine looks for a registry's own authorities (docker's documentation, certs.d). */
const engineDirectory = '/etc/docker/certs.d';

/** The text of the tree's `ca_bundle`, and an error where it is of no use. */
export function checkedBundle(file: string | undefined): Outcome<string | undefined> {
  if (file === undefined || file === '') {
    return { value: undefined, diagnostics: [] };
  }
  const text = read(file);
  if (text?.includes('-----BEGIN CERTIFICATE-----')) {
    return { value: text, diagnostics: [] };
  }
  const wrong = text === undefined ? 'cannot be read' : 'has no PEM certificate';
  // An empty text trusts nobody: a bundle that is named and missing must not widen the trust.
  return {
    value: '',
    diagnostics: [
      error('ca-bundle-unreadable', `ca_bundle ${file} ${wrong}`, {
        hint: "name a file of PEM certificates, or remove ca_bundle to trust the system's",
      }),
    ],
  };
}

/**
 * The PEM certificates that a registry's certificate is checked against: the tree's `ca_bundle`
 * alone when there is one (as Python's requests does for docker-pkg), else REQUESTS_CA_BUNDLE or
 * SSL_CERT_FILE, else Mozilla's and the system's; always those of the engine for that host, so
 * that what `docker push` trusts is trusted here.
 */
export function authoritiesFor(
  host: string,
  bundle: string | undefined,
  environment: Environment,
): readonly string[] {
  const ownHost = certificatesIn(join(engineDirectory, host));
  if (bundle !== undefined) {
    return [bundle, ...ownHost];
  }
  const named = environment.REQUESTS_CA_BUNDLE ?? environment.SSL_CERT_FILE;
  const fromEnvironment = named === undefined ? undefined : read(named);
  if (fromEnvironment !== undefined) {
    return [fromEnvironment, ...ownHost];
  }
  const system = read(systemBundle);
  return [...rootCertificates, ...(system === undefined ? [] : [system]), ...ownHost];
}

function certificatesIn(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => name.endsWith('.crt'));
  } catch {
    return [];
  }
  return names.flatMap((name) => read(join(directory, name)) ?? []);
}

function read(file: string): string | undefined {
  try {
    return readText(file);
  } catch {
    return undefined;
  }
}
