import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { type Diagnostic, error, type Outcome } from '../diagnostics/diagnostic.js';
import type { Environment } from './proxy.js';

/** Where Debian keeps what the administrator trusts; Node alone knows only Mozilla's list. */
const systemBundle = '/etc/ssl/certs/ca-certificates.crt';
/** Where the engine looks for a registry's own authorities (docker's documentation, certs.d). */
const engineDirectory = '/etc/docker/certs.d';

/**
 * The PEM certificates that a registry's certificate is checked against: `ca_bundle` alone when
 * the tree names one (as Python's requests does for docker-pkg), else REQUESTS_CA_BUNDLE or
 * SSL_CERT_FILE, else Mozilla's and the system's; always those of the engine for that host, so
 * that what `docker push` trusts is trusted here.
 */
export function trustFor(
  host: string,
  caBundle: string | undefined,
  environment: Environment,
): Outcome<readonly string[]> {
  const ownHost = certificatesIn(join(engineDirectory, host));
  if (caBundle !== undefined && caBundle !== '') {
    const text = read(caBundle);
    const diagnostics: Diagnostic[] = [];
    if (text === undefined || !text.includes('-----BEGIN CERTIFICATE-----')) {
      diagnostics.push(
        error(
          'ca-bundle-unreadable',
          text === undefined
            ? `ca_bundle ${caBundle} cannot be read`
            : `ca_bundle ${caBundle} holds no PEM certificate`,
          { hint: 'name a file of PEM certificates, or remove ca_bundle to trust the system’s' },
        ),
      );
    }
    return { value: [...(text === undefined ? [] : [text]), ...ownHost], diagnostics };
  }
  const named = environment.REQUESTS_CA_BUNDLE ?? environment.SSL_CERT_FILE;
  const fromEnvironment = named === undefined ? undefined : read(named);
  if (fromEnvironment !== undefined)
    return { value: [fromEnvironment, ...ownHost], diagnostics: [] };
  const system = read(systemBundle);
  return {
    value: [...rootCertificates, ...(system === undefined ? [] : [system]), ...ownHost],
    diagnostics: [],
  };
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
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
