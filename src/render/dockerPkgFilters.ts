import type { Filter } from '../jinja/index.js';
import type { TreeConfig } from '../workspace/tree.js';
import type { Lookup } from './imageLookup.js';
/** Interim, until docker-pkg's filters land with their quirks. */
export function dockerPkgFilters(
  config: TreeConfig,
  find: (n: string) => Lookup,
): ReadonlyMap<string, Filter> {
  const f = (apply: (v: string) => string): Filter => ({ apply: (v) => apply(String(v)) });
  return new Map([
    [
      'image_tag',
      f((v) => {
        const r = find(v);
        if (r.kind === 'missing') throw new Error(r.reason);
        return r.reference;
      }),
    ],
    ['upstream_version', f((v) => v.slice(v.lastIndexOf(':') + 1).split('-')[0] ?? '')],
    ['uid', f((v) => String(config.knownUidMappings.get(v) ?? v))],
    ['add_user', f((v) => `useradd ${v}`)],
    ['apt_install', f((v) => `apt-get install ${v.replaceAll('\n', ' ')}`)],
    ['apt_remove', f((v) => `apt-get remove ${v}`)],
  ]);
}
