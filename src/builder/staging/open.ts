import type { CredentialSources } from '#adapters/registry/credentials.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { parseReference } from '#core/reference/reference.js';
import { furtherRegistries, type OpenRegistries } from '#fleet/registries.js';
import { concerned } from '#fleet/status/decide.js';
import type { OpenEngine } from '../pool.js';
import type { BuildRequest } from '../request.js';
import { StagingRepository, stagingProblems } from './repository.js';

/** Why several builders cannot share the work, as far as that is known before any of them is asked. */
export function stagingObstacles(request: BuildRequest): readonly Diagnostic[] {
  const { builders, job } = request;
  if (builders.length < 2 && job === undefined) {
    return [];
  }
  return obstaclesFor(request, job === undefined ? 'several builders' : 'the jobs of a matrix');
}

/** Why images cannot go through the staging repository. `who`: what needs it, in the plural. */
export function obstaclesFor(request: BuildRequest, who: string): readonly Diagnostic[] {
  const { staging, graph, selected, host } = request;
  if (staging === undefined) {
    const message = `${who} need a repository through which images travel between them`;
    const hint =
      'name one: --staging registry.example.org/staging, or staging in generate-bake.toml';
    return [error('staging', message, { hint })];
  }
  if (/^(1|t|true)$/i.test(host.env.DOCKER_CONTENT_TRUST ?? '')) {
    const message = `DOCKER_CONTENT_TRUST is set, and what ${who} publish is copied, not signed`;
    const hint = 'build on one engine, or unset it';
    return [error('staging', message, { hint })];
  }
  return stagingProblems(staging, graph, concerned(graph, selected));
}

/**
 * The staging repository of several builders. Its registry is reached with the credentials that the user has for its
 * host, else with those of a tree whose registry is there too. `stagingObstacles` has found nothing.
 */
export async function openStaging(
  request: BuildRequest,
  { pool }: OpenEngine,
  registries: OpenRegistries,
  sources: CredentialSources,
): Promise<Outcome<StagingRepository | undefined>> {
  const nothing = { value: undefined, diagnostics: [] };
  return pool === undefined ? nothing : openRepository(request, registries, sources);
}

/** Where the jobs of a matrix put what has passed: under tags that only who has the matrix knows. */
export async function openResults(
  request: BuildRequest,
  registries: OpenRegistries,
  sources: CredentialSources,
): Promise<Outcome<StagingRepository | undefined>> {
  const id = request.job?.matrix.id;
  const nothing = { value: undefined, diagnostics: [] };
  return id === undefined ? nothing : openRepository(request, registries, sources, id);
}

async function openRepository(
  request: BuildRequest,
  { accesses, publishing }: OpenRegistries,
  sources: CredentialSources,
  run?: string,
): Promise<Outcome<StagingRepository | undefined>> {
  const { staging, host } = request;
  const parsed = parseReference(staging?.repository ?? '');
  if (staging === undefined || parsed.kind === 'problem') {
    return { value: undefined, diagnostics: [] };
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
    ...(run === undefined ? {} : { run }),
    retries,
    transferTimeoutMs,
    waits,
    signal,
  });
  return { value, diagnostics: own.diagnostics };
}
