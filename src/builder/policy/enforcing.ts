import type { EngineFacts } from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import { obeysSourcePolicy } from '#adapters/docker/sourcePolicy.js';
import type { Policy } from '#compiler/workspace/policyKeys.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { abilitiesOf } from '../abilities.js';
import type { OpenEngine } from '../engine.js';

/**
 * The builders of a run on which the registries of a policy would bind only what the Dockerfiles say, and not what ARG,
 * ONBUILD or a frontend takes. A builder that does not say what it can do is tried, unless the run is dry.
 */
export async function unenforcedProblems(
  { registries = [] }: Policy,
  { docker, engine, pool }: OpenEngine,
  isDryRun: boolean,
  signal: AbortSignal,
): Promise<readonly Diagnostic[]> {
  const builders = pool ?? [{ docker, engine }];
  const binding = await Promise.all(builders.map((one) => isBinding(one, isDryRun, signal)));
  const place = registries[0]?.place;
  return builders.flatMap(({ engine: { builder } }, at) => {
    const message = `the builder ${builder.name} does not keep to the registries of the policy`;
    const hint = 'use Docker 24 or newer, or a builder with BuildKit 0.11 or newer';
    return binding[at] === true || signal.aborted
      ? []
      : [error('engine-unable', message, { hint, ...(place && { place }) })];
  });
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
