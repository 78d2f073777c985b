import { registryAccess } from '#adapters/registry/access.js';
import type { CredentialSources } from '#adapters/registry/credentials.js';
import { Greetings } from '#adapters/registry/greetings.js';
import type { Asking, RegistryAccess } from '#adapters/registry/registry.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Diagnostic, Outcome } from '#core/diagnostics/diagnostic.js';

/** Which trees publish: those with a configured user and password, all, or none. */
export type Publish = 'configured' | 'always' | 'never';

export interface OpenRegistries {
  /** How each tree's registry is reached; trees without a registry are not among them. */
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  /** Of them, those whose images are published. */
  readonly publishing: ReadonlySet<Tree>;
}

/**
 * How the registries of the trees are reached, and which trees publish: as in docker-pkg those
 * whose configuration names a user and a password, or, asked for, every one that has a registry.
 * `asking` is how the run asks them; nothing is created for a tree that it does not publish.
 * Errors: credentials of which one half is missing; the trees after such a one are left out.
 */
export async function openRegistries(
  trees: readonly Tree[],
  publish: Publish,
  sources: CredentialSources,
  asking: Asking = {},
): Promise<Outcome<OpenRegistries>> {
  const accesses = new Map<Tree, RegistryAccess>();
  const publishing = new Set<Tree>();
  const diagnostics: Diagnostic[] = [];
  const greetings = new Greetings();
  for (const tree of trees) {
    const access = await registryAccess(tree.config, sources, tree.directory);
    diagnostics.push(...access.diagnostics);
    if (access.value === undefined) {
      continue;
    }
    const { push } = access.value;
    const may = (push ?? access.value).credentials.mayPublish;
    const publishes = publish === 'always' || (publish === 'configured' && may);
    if (publishes) {
      publishing.add(tree);
    }
    const creates = publishes && asking.creates === true;
    const asked = { ...asking, creates, greetings };
    const pushed = push === undefined ? {} : { push: { ...push, asking: asked } };
    accesses.set(tree, { ...access.value, asking: asked, ...pushed });
  }
  return { value: { accesses, publishing }, diagnostics: eachOnce(diagnostics) };
}

/**
 * How registries that the user named are reached, by host: with credentials that were given for that host alone. Errors: a
 * name that is not one of a registry.
 */
export async function furtherRegistries(
  hosts: readonly string[],
  directory: string,
  sources: CredentialSources,
  asking: Asking = {},
): Promise<Outcome<readonly RegistryAccess[]>> {
  const accesses: RegistryAccess[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const registry of new Set(hosts)) {
    const settings = {
      registry,
      insecureRegistries: [],
      scanWorkers,
      places: new Map(),
      files: [],
    };
    const access = await registryAccess(settings, sources, directory);
    diagnostics.push(...access.diagnostics);
    if (access.value !== undefined) {
      accesses.push({ ...access.value, asking });
    }
  }
  return { value: accesses, diagnostics };
}

/** As many requests at once as the configuration's `scan_workers` has by default. */
const scanWorkers = 8;

/** Trees of one registry find the same credentials, and the same problems with them. */
function eachOnce(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const keys = diagnostics.map((diagnostic) => JSON.stringify(diagnostic));
  return diagnostics.filter((_, at) => keys.indexOf(keys[at] ?? '') === at);
}
