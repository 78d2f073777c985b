import { type Credentials, secretsOf } from '#adapters/registry/credentials.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { Secret } from '#adapters/registry/secret.js';
import type { OpenedRun } from './opened.js';

/** The registries whose logins bake and docker need. */
export function reached({ registries, staging, results }: OpenedRun): readonly RegistryAccess[] {
  const travel = [staging, results].flatMap((one) => (one === undefined ? [] : [one.access]));
  return [...travel, ...registries.accesses.values()];
}

/** The logins of the trees as they are now, for what bake itself fetches. */
export function loginsOf(accesses: Iterable<RegistryAccess>) {
  return Promise.all(
    [...accesses].map(async ({ host, credentials, keyring }) => {
      // docker asks its own helpers by itself.
      const isDockers = credentials.kind !== 'none' && credentials.docker !== undefined;
      return [host, isDockers ? credentials : ((await keyring?.fresh()) ?? credentials)] as const;
    }),
  );
}

/** What may be in no event: credentials, those that were renewed too, passwords of proxies, and what RUN may mount. */
export function secretsIn(build: OpenedRun): () => readonly Secret[] {
  const { request, secrets: own } = build;
  const accesses = reached(build).flatMap((access) => [
    access,
    ...(access.push === undefined ? [] : [access.push]),
  ]);
  const always = [
    ...own.values,
    ...request.trees.flatMap(({ config }) => [
      ...passwordOf(config.httpProxy),
      ...passwordOf(config.aptOnlyProxy),
    ]),
  ];
  const known = new Set<Credentials>();
  let secrets: readonly Secret[] = always;
  return () => {
    const before = known.size;
    for (const { credentials, keyring } of accesses) {
      known.add(keyring?.current ?? credentials);
    }
    if (known.size !== before) {
      secrets = [...always, ...[...known].flatMap(secretsOf)];
    }
    return secrets;
  };
}

/** The password in a proxy's address, as it is written there. */
function passwordOf(address: string | undefined): Secret[] {
  const password = /^(?:[^/]*\/\/)?[^/?#:@]*:([^/?#@]+)@/.exec(address ?? '')?.[1];
  return password === undefined ? [] : [new Secret(password)];
}
