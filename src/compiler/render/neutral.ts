import type { Data } from '#core/data/data.js';
import type { TreeConfig } from '../workspace/tree.js';

/**
 * The configuration without what only describes the builder (proxies, apt options, which name of the
 * registry is used), so that two builders agree on a definition's digest. Undefined where it holds none
 * of that.
 */
export function neutral(config: TreeConfig): TreeConfig | undefined {
  const { httpProxy, aptOnlyProxy, registryNames, ...rest } = config;
  const registry = registryNames?.canonical(config.registry) ?? config.registry;
  const isNeutral =
    httpProxy === undefined &&
    aptOnlyProxy === undefined &&
    config.aptOptions === '' &&
    registry === config.registry;
  if (isNeutral) {
    return undefined;
  }
  const variables = new Map<string, Data>(config.variables as ReadonlyMap<string, Data>);
  // Among them the registry itself, and references such as `seed_image`.
  for (const [key, value] of registryNames === undefined ? [] : variables) {
    if (typeof value === 'string') {
      variables.set(key, registryNames?.canonical(value) ?? value);
    }
  }
  variables.set('http_proxy', null);
  variables.set('apt_only_proxy', null);
  variables.set('apt_options', '');
  return { ...rest, registry, aptOptions: '', variables };
}
