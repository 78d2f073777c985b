import type { CredentialSources } from '#adapters/registry/credentials.js';
import { type Diagnostic, hasErrors } from '#core/diagnostics/diagnostic.js';
import { type OpenRegistries, openRegistries, type Publish } from '#fleet/registries.js';
import type { BuildEnding } from './execute.js';
import { missingHooks } from './publish/hookPrograms.js';
import type { BuildRequest } from './request.js';

type OpenPublishing =
  | {
      readonly kind: 'opened';
      readonly registries: OpenRegistries;
      /** Where logins for further registries are looked for. */
      readonly sources: CredentialSources;
      readonly warnings: readonly Diagnostic[];
    }
  | Extract<BuildEnding, { kind: 'cancelled' | 'wrong' }>;

/**
 * Finds how registries are reached.
 *
 * @param creates whether repositories are made that do not exist: a dry run makes none
 */
export async function openPublishing(
  { trees, credentials, transferTimeoutMs, waits, signal, host }: BuildRequest,
  publish: Publish,
  creates: boolean,
): Promise<OpenPublishing> {
  const { env: environment, home } = host;
  const sources = { environment, home, use: credentials, waits, signal };
  const patience = { longestAskedMs: transferTimeoutMs };
  const { value, diagnostics } = await openRegistries(trees, publish, sources, {
    creates,
    patience,
    waits,
  });
  if (signal.aborted) {
    return { kind: 'cancelled' };
  }
  return hasErrors(diagnostics)
    ? { kind: 'wrong', diagnostics }
    : { kind: 'opened', registries: value, sources, warnings: diagnostics };
}

/** The programs of `after_publish` that are not there, of the trees of selected images that are published. */
export function missingHooksOf(
  { graph, selected, host }: BuildRequest,
  { publishing }: Pick<OpenRegistries, 'publishing'>,
): readonly Diagnostic[] {
  const trees = new Set(
    graph.images
      .filter(({ reference }) => selected.has(reference))
      .map(({ rendered }) => rendered.definition.tree),
  );
  return missingHooks(
    [...publishing].filter((tree) => trees.has(tree)),
    host.env,
  );
}
