import {
  type Diagnostic,
  error,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { canonicalHost } from '#core/reference/hosts.js';
import { RegistryNames } from '#core/reference/registryNames.js';
import { addressOf } from './address.js';
import type { CredentialSources } from './credentials.js';
import { findCredentials } from './findCredentials.js';
import { Keyring } from './keyring.js';
import { originIn } from './origin.js';
import type { RegistryAccess } from './registry.js';
import type { RegistrySettings } from './settings.js';
import { authoritiesFor, checkedBundle } from './trust.js';

/**
 * How a tree's registry is reached, with the tree's own credentials; undefined where the tree has
 * no registry: then none is ever asked. Reads files and may run a credential helper, so it is
 * called once per tree and run. `directory` is the tree's: what a configuration in its repository
 * says about the connection is not used with credentials from outside. `push_registry` is reached with
 * credentials of its own.
 */
export async function registryAccess(
  config: RegistrySettings,
  sources: CredentialSources,
  directory: string,
): Promise<Outcome<RegistryAccess | undefined>> {
  const read = await accessOf(config, sources, directory);
  const { registry, pushRegistry, places } = config;
  if (read.value === undefined || pushRegistry === undefined || pushRegistry === registry) {
    return read;
  }
  const place = places.get('push_registry');
  const named = { ...config, registry: pushRegistry, places: withPlace(places, 'registry', place) };
  const write = await accessOf(named, sources, directory);
  const diagnostics = [...read.diagnostics, ...write.diagnostics];
  if (write.value === undefined) {
    return { value: read.value, diagnostics };
  }
  const push = { ...write.value, renamed: { from: registry, to: pushRegistry } };
  return { value: { ...read.value, push }, diagnostics };
}

function withPlace(
  places: RegistrySettings['places'],
  key: string,
  place: Place | undefined,
): RegistrySettings['places'] {
  const changed = new Map(places);
  changed.delete(key);
  return place === undefined ? changed : changed.set(key, place);
}

async function accessOf(
  config: RegistrySettings,
  sources: CredentialSources,
  directory: string,
): Promise<Outcome<RegistryAccess | undefined>> {
  if (config.registry === '') {
    return { value: undefined, diagnostics: [] };
  }
  const address = addressOf(`${config.registry}/x`);
  if (address === undefined) {
    return { value: undefined, diagnostics: [noHost(config)] };
  }
  const { host } = address;
  const isOfTree = originIn(directory, config);
  const names = namesOutside(config, directory);
  const find = () => findCredentials(host, config, { ...sources, names }, isOfTree);
  const credentials = await find();
  // Whoever wrote the tree knows a password that it holds; no other one may pass the tree's proxy.
  const isOwn = credentials.value.mayPublish && Boolean(config.password) && isOfTree('password');
  const isGuarded = credentials.value.kind !== 'none' && !isOwn;
  const ignored = isGuarded ? connectionKeys(config).filter(isOfTree) : [];
  const insecure =
    !ignored.includes('insecure_registries') &&
    config.insecureRegistries.some((listed) => canonicalHost(listed) === host);
  const proxy = ignored.includes('http_proxy') ? undefined : config.httpProxy;
  const bundle = checkedBundle(ignored.includes('ca_bundle') ? undefined : config.caBundle);
  return {
    value: {
      host,
      credentials: credentials.value,
      keyring: new Keyring(credentials.value, async () => (await find()).value),
      insecure,
      route: JSON.stringify([host, insecure, proxy, bundle.value]),
      ...(proxy === undefined ? {} : { treeProxy: proxy }),
      environment: sources.environment,
      authorities: () => authoritiesFor(host, bundle.value, sources.environment),
      workers: config.scanWorkers,
    },
    diagnostics: [
      ...credentials.diagnostics,
      ...bundle.diagnostics,
      ...ignored.map((key) => notUsed(key, host, config)),
    ],
  };
}

/** The names of registries that no stranger's tree gives them: such a one might name its own host. */
function namesOutside({ registryNames }: RegistrySettings, directory: string): RegistryNames {
  const aliases = registryNames?.aliases ?? [];
  const places = new Map(
    aliases.flatMap(({ alias, place }) => (place === undefined ? [] : [[alias, place] as const])),
  );
  const isOfTree = aliases.length === 0 ? () => true : originIn(directory, { places });
  return new RegistryNames(aliases.filter(({ alias }) => !isOfTree(alias)));
}

/** The keys that are set and decide who sees what is sent. */
function connectionKeys(config: RegistrySettings): readonly string[] {
  return [
    ...(config.insecureRegistries.length > 0 ? ['insecure_registries'] : []),
    ...(config.httpProxy ? ['http_proxy'] : []),
    ...(config.caBundle ? ['ca_bundle'] : []),
  ];
}

function notUsed(key: string, host: string, { places }: RegistrySettings): Diagnostic {
  const place = places.get(key);
  return warning(
    'tree-connection-ignored',
    `${key} of the tree is not used for ${host}: the credentials are not the tree's`,
    {
      ...(place === undefined ? {} : { place }),
      hint: `write ${key} into a configuration outside the repository and add it with -c`,
    },
  );
}

function noHost({ registry, places }: RegistrySettings): Diagnostic {
  const place = places.get('registry');
  return error('registry-illegal', `registry ${JSON.stringify(registry)} is not a registry name`, {
    ...(place === undefined ? {} : { place }),
    hint: 'write host or host:port, perhaps with a path, in lower case',
  });
}
