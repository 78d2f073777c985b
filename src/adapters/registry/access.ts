import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { addressOf, canonicalHost } from './address.js';
import type { CredentialSources } from './credentials.js';
import { findCredentials } from './findCredentials.js';
import type { RegistryAccess } from './registry.js';
import type { RegistrySettings } from './settings.js';
import { authoritiesFor, checkedBundle } from './trust.js';

/**
 * How a tree's registry is reached, with the tree's own credentials; undefined where the tree has
 * no registry: then none is ever asked. Reads files and may run a credential helper, so it is
 * called once per tree and run.
 */
export async function registryAccess(
  config: RegistrySettings,
  sources: CredentialSources,
): Promise<Outcome<RegistryAccess | undefined>> {
  if (config.registry === '') {
    return { value: undefined, diagnostics: [] };
  }
  const address = addressOf(`${config.registry}/x`);
  if (address === undefined) {
    return { value: undefined, diagnostics: [noHost(config)] };
  }
  const { host } = address;
  const insecure = config.insecureRegistries.some((listed) => canonicalHost(listed) === host);
  const credentials = await findCredentials(host, config, sources);
  const bundle = checkedBundle(config.caBundle);
  return {
    value: {
      host,
      credentials: credentials.value,
      insecure,
      ...(config.httpProxy === undefined ? {} : { treeProxy: config.httpProxy }),
      environment: sources.environment,
      authorities: () => authoritiesFor(host, bundle.value, sources.environment),
      workers: config.scanWorkers,
    },
    diagnostics: [...credentials.diagnostics, ...bundle.diagnostics],
  };
}

function noHost({ registry, places }: RegistrySettings): Diagnostic {
  const place = places.get('registry');
  return error('registry-illegal', `registry ${JSON.stringify(registry)} is not a registry name`, {
    ...(place === undefined ? {} : { place }),
    hint: 'write host or host:port, perhaps with a path, in lower case',
  });
}
