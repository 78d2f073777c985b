import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { OpenedBuild } from './opened.js';
import { publications, pushObstacles } from './publish/obstacles.js';
import { publishingOf } from './publishing.js';
import type { Refusal } from './refusal.js';
import type { StagingRepository } from './staging/repository.js';

type Asked =
  | { readonly kind: 'asked'; readonly refused: ReadonlyMap<Reference, Refusal> }
  | { readonly kind: 'unusable'; readonly diagnostics: readonly Diagnostic[] };

/**
 * What could not be pushed to where it is published, or to where other builders and jobs find it: asked before hours are
 * spent on building it. `worked`: what is built or finished. `published`: what is published once it has passed.
 */
export async function unpushableOf(
  build: OpenedBuild,
  worked: readonly Reference[],
  published: ReadonlySet<Reference>,
): Promise<Asked> {
  const { request, staging, results } = build;
  const { graph, signal } = request;
  const accesses = results === undefined ? publishingOf(build) : new Map();
  const refused = new Map(
    await pushObstacles(publications(graph, published, accesses), 'publish', signal),
  );
  for (const repository of [staging, results]) {
    const wanted = worked.filter((reference) => !refused.has(reference));
    const problem = repository && (await unreadable(repository, wanted));
    if (repository === undefined || signal.aborted) {
      continue;
    }
    if (problem !== undefined) {
      return { kind: 'unusable', diagnostics: [problem] };
    }
    const pushes = wanted.map((reference) => {
      return { reference, ...repository.placeOf(reference), access: repository.access };
    });
    for (const [reference, refusal] of await pushObstacles(pushes, 'stage', signal)) {
      refused.set(reference, refusal);
    }
  }
  return { kind: 'asked', refused };
}

/** Why nothing can be read there, asked for one image: what one builder pushes is fetched by another. */
async function unreadable(
  repository: StagingRepository,
  [first]: readonly Reference[],
): Promise<Diagnostic | undefined> {
  const reason = first && (await repository.unreadable(first));
  const hint = `log in to ${repository.access.host}, correct --staging, or wait until it answers`;
  return reason === undefined
    ? undefined
    : error('staging', `the staging repository cannot be read: ${reason}`, { hint });
}
