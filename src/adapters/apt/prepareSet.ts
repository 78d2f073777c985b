import { join } from 'node:path';
import { configurationText, sourcesText } from './configuration.js';
import { type AskedSet, isArmoured } from './keys.js';
import type { WorkFiles } from './workFiles.js';

/** Where a set of sources is fetched to; all paths are absolute. */
interface PreparedSet {
  readonly root: string;
  /** For `APT_CONFIG`. */
  readonly config: string;
  /** What `apt-get update` fetches. */
  readonly listed: string;
}

/** Writes all that apt needs to fetch a set of sources: the sources, their keys, and its configuration. */
export function prepareSet(
  work: WorkFiles,
  digest: string,
  { sources, keys, architectures }: AskedSet,
  {
    proxy,
    auth,
    silenceMs,
  }: { readonly proxy?: string; readonly auth?: string; readonly silenceMs: number },
): PreparedSet {
  const root = work.make(`set-${digest.slice(0, 16)}`, [
    ...['etc/apt/apt.conf.d', 'etc/apt/sources.list.d', 'etc/apt/preferences.d'],
    ...['etc/apt/trusted.gpg.d', 'etc/apt/auth.conf.d', 'keys', 'var/log/apt'],
    ...['var/lib/apt/lists/partial', 'var/cache/apt/archives/partial'],
  ]);
  const placed = new Map<string, string>();
  for (const [name, key] of keys) {
    const isTrusted = /^etc\/apt\/trusted\.gpg/.test(name);
    const ending = /\.(?:gpg|asc|pgp)$/.exec(name)?.[0] ?? (isArmoured(key) ? '.asc' : '.gpg');
    const file = isTrusted ? join(root, name) : join(root, 'keys', `${placed.size}${ending}`);
    work.write(file, key);
    if (!isTrusted) {
      placed.set(name, file);
    }
  }
  const listed = join(root, 'var/lib/apt/lists');
  work.write(join(root, 'status'), '');
  work.write(join(root, 'etc/apt/sources.list.d/image.sources'), sourcesText(sources, placed));
  if (auth !== undefined) {
    work.write(join(root, 'etc/apt/auth.conf'), auth);
  }
  const user = work.userName;
  const common = {
    root,
    architectures,
    user,
    silenceMs,
    ...(proxy === undefined ? {} : { proxy }),
  };
  const config = join(root, 'apt.conf');
  work.write(config, configurationText(common));
  return { root, config, listed };
}
