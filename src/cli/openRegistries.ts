import { registryAccess } from '#adapters/registry/access.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { hasErrors } from '#core/diagnostics/diagnostic.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

export interface OpenRegistries {
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly publishing: ReadonlySet<Tree>;
}

/**
 * How the registries of the trees are reached, and which trees publish: as in docker-pkg those
 * whose configuration names a user and a password, or, asked for, every one that has a registry.
 * Undefined, with the reasons told, where credentials are half there.
 */
export async function openRegistries(
  trees: readonly Tree[],
  publish: 'configured' | 'always' | 'never',
  io: Io,
): Promise<OpenRegistries | undefined> {
  const accesses = new Map<Tree, RegistryAccess>();
  const publishing = new Set<Tree>();
  for (const tree of trees) {
    const access = await registryAccess(tree.config, { environment: io.env, home: io.home });
    report(io, access.diagnostics);
    if (hasErrors(access.diagnostics)) {
      return undefined;
    }
    if (access.value === undefined) {
      continue;
    }
    accesses.set(tree, access.value);
    const may = access.value.credentials.mayPublish;
    if (publish === 'always' || (publish === 'configured' && may)) {
      publishing.add(tree);
    }
  }
  return { accesses, publishing };
}
