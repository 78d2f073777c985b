import type { CredentialSources } from '#adapters/registry/credentials.js';
import { error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { parseReference } from '#core/reference/reference.js';
import { furtherRegistries, type OpenRegistries } from '#fleet/registries.js';
import { concerned } from '#fleet/status/decide.js';
import type { OpenEngine } from '../engine.js';
import type { BuildRequest } from '../request.js';
import { StagingRepository, stagingProblems } from './repository.js';

/**
 * The staging repository of several builders. Its registry is reached with the credentials that the user has for its
 * host, else with those of a tree whose registry is there too. Errors: there is none, or one that cannot be used.
 */
export async function openStaging(
  request: BuildRequest,
  { docker, pool }: OpenEngine,
  { accesses, publishing }: OpenRegistries,
  sources: CredentialSources,
): Promise<Outcome<StagingRepository | undefined>> {
  const { staging, graph, host } = request;
  if (pool === undefined) {
    return { value: undefined, diagnostics: [] };
  }
  if (staging === undefined) {
    const message = 'several builders need a repository through which images travel between them';
    const hint =
      'name one: --staging registry.example.org/staging, or staging in generate-bake.toml';
    return { value: undefined, diagnostics: [error('staging', message, { hint })] };
  }
  if (/^(1|t|true)$/i.test(docker.env.DOCKER_CONTENT_TRUST ?? '')) {
    const message =
      'DOCKER_CONTENT_TRUST is set, and what several builders publish is copied, not signed';
    const hint = 'build on one engine, or unset it';
    return { value: undefined, diagnostics: [error('staging', message, { hint })] };
  }
  const problems = stagingProblems(staging, graph, concerned(graph, request.selected));
  const parsed = parseReference(staging.repository);
  if (problems.length > 0 || parsed.kind === 'problem') {
    return { value: undefined, diagnostics: problems };
  }
  const asking = {
    creates: true,
    patience: { longestAskedMs: request.transferTimeoutMs },
    waits: request.waits,
  };
  const own = await furtherRegistries([parsed.domain], host.cwd, sources, asking);
  const [access] = own.value;
  if (access === undefined) {
    return { value: undefined, diagnostics: own.diagnostics };
  }
  const ofTree = [...accesses].find(
    ([tree, one]) => publishing.has(tree) && (one.push ?? one).host === access.host,
  )?.[1];
  const best =
    access.credentials.kind === 'none' && ofTree !== undefined ? (ofTree.push ?? ofTree) : access;
  const { renamed: _, ...plain } = best;
  const { retries, transferTimeoutMs, waits, signal } = request;
  const value = new StagingRepository({
    repository: staging.repository,
    access: { ...plain, asking },
    retries,
    transferTimeoutMs,
    waits,
    signal,
  });
  return { value, diagnostics: own.diagnostics };
}
