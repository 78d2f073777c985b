import type { EngineFacts } from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import { obeysSourcePolicy } from '#adapters/docker/sourcePolicy.js';
import { type KnownFrontends, parentsWay } from '#compiler/plan/frontends.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Policy } from '#compiler/workspace/policyKeys.js';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { abilitiesOf } from '../abilities.js';
import type { OpenEngine } from '../pool.js';
import { hasRegistries } from './sourcePolicies.js';

interface Bound {
  readonly policy?: Policy;
  readonly graph: Graph;
  readonly building: ReadonlySet<Reference>;
  readonly frontends: KnownFrontends;
  readonly signal: AbortSignal;
}

/**
 * The builders of a run that do not keep to source policies: on them the registries of a policy would bind only what the
 * Dockerfiles say, and not what ARG, ONBUILD or a frontend takes; and services would be built on something else than
 * their parents. A builder that does not say what it can do is tried, unless the run is dry.
 */
export async function unenforcedProblems(
  bound: Bound,
  { docker, engine, pool }: OpenEngine,
  isDryRun: boolean,
): Promise<readonly Diagnostic[]> {
  const needs = needsOf(bound);
  if (needs.length === 0) {
    return [];
  }
  const builders = pool ?? [{ docker, engine }];
  const { signal } = bound;
  const binding = await Promise.all(builders.map((one) => isBinding(one, isDryRun, signal)));
  return builders.flatMap(({ engine: { builder } }, at) => {
    if (binding[at] === true || signal.aborted) {
      return [];
    }
    const hint = 'use Docker 24 or newer, or a builder with BuildKit 0.11 or newer';
    return needs.map(({ what, place }) =>
      error('engine-unable', `the builder ${builder.name} does not keep to ${what}`, {
        hint,
        ...(place && { place }),
      }),
    );
  });
}

/** What a source policy is needed for, and where that is asked for. */
function needsOf({ policy, graph, building, frontends }: Bound) {
  const needs: { readonly what: string; readonly place?: Place | undefined }[] = [];
  if (hasRegistries(policy) && building.size > 0) {
    needs.push({ what: 'the registries of the policy', place: policy.registries[0]?.place });
  }
  const service = graph.images.find(
    (image) =>
      building.has(image.reference) &&
      image.parents.length > 0 &&
      parentsWay(image, frontends) === 'converted',
  );
  if (service !== undefined) {
    const what = `source policies, by which ${service.reference} is given its parents`;
    needs.push({ what, place: service.parents[0]?.place });
  }
  return needs;
}

async function isBinding(
  { docker, engine }: { readonly docker: Docker; readonly engine: EngineFacts },
  isDryRun: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  return (
    abilitiesOf(engine).sourcePolicy ?? (isDryRun || (await obeysSourcePolicy(docker, signal)))
  );
}
