import type { AptSource, ImageFiles } from './sources.js';

/** What is fetched once: sources with the keys that they trust, by paths in the image. */
export interface AskedSet {
  readonly sources: readonly AptSource[];
  readonly keys: ReadonlyMap<string, string | Uint8Array>;
  readonly architectures: readonly string[];
}

/** The keys that sources trust: those that they name, and where one names none, all that the image trusts. */
export function keysOf(
  sources: readonly AptSource[],
  files: ImageFiles,
): AskedSet['keys'] | { readonly kind: 'unknown'; readonly reason: string } {
  const keys = new Map<string, string | Uint8Array>();
  for (const { signedBy } of sources) {
    if (signedBy?.kind === 'inline') {
      keys.set(signedBy.key, signedBy.key);
    }
    for (const name of signedBy?.kind === 'named' ? signedBy.names : []) {
      const key = files.get(name.replace(/^\/+/, ''));
      if (name.startsWith('/') && key === undefined) {
        return {
          kind: 'unknown',
          reason: `it does not have the keyring ${name} of its apt sources`,
        };
      }
      if (key !== undefined && name.startsWith('/')) {
        keys.set(name, key);
      }
    }
  }
  // Fingerprints are looked for among them too.
  const trusts = sources.some(
    ({ signedBy }) =>
      signedBy === undefined ||
      (signedBy.kind === 'named' && signedBy.names.some((name) => !name.startsWith('/'))),
  );
  for (const [path, bytes] of trusts ? [...files].sort(byPath) : []) {
    if (/^etc\/apt\/trusted\.gpg(?:\.d\/[A-Za-z0-9_.-]+\.(?:gpg|asc))?$/.test(path)) {
      keys.set(path, bytes);
    }
  }
  return keys;
}

export function isArmoured(key: string | Uint8Array): boolean {
  return Buffer.from(key.slice(0, 64) as Uint8Array)
    .toString('latin1')
    .includes('-----BEGIN');
}

export function byPath([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
