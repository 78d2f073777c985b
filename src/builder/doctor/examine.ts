import type { Docker } from '#adapters/docker/docker.js';
import type { CredentialSources } from '#adapters/registry/credentials.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Hold } from '#compiler/workspace/holdKeys.js';
import type { Policy } from '#compiler/workspace/policyKeys.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { platformObstacles } from '../platforms/fit.js';
import type { Host, StagingWish } from '../request.js';
import { stagingProblems } from '../staging/repository.js';
import { type Check, missing, ok } from './check.js';
import { type ExaminedEngine, examineEngines } from './engine.js';
import { needsOf } from './needs.js';
import { placeChecks } from './places.js';
import { programChecks } from './programs.js';
import { registryChecks } from './registries.js';

export interface Examination {
  /** Without a builder. */
  readonly docker: Docker;
  /** Docker contexts and buildx builders that a build would use; empty: the one that is selected. */
  readonly builders: readonly string[];
  /** Through which several exchange images; absent: nobody says. */
  readonly staging?: StagingWish;
  readonly host: Host;
  readonly versions: { readonly program: string; readonly node: string };
  readonly trees: readonly Tree[];
  /** Absent where nothing could be compiled: what only images need is not known then. */
  readonly graph?: Graph;
  /** The trees with recipes of root filesystems. */
  readonly recipes: readonly Tree[];
  readonly holds: readonly Hold[];
  /** What images may be made of; absent: anything. */
  readonly policy?: Policy;
  readonly lockDirectory: string;
  readonly sources: CredentialSources;
  /** Whether registries are asked. */
  readonly contacts: boolean;
  readonly signal: AbortSignal;
}

export interface Examined {
  readonly engines: readonly ExaminedEngine[];
  readonly checks: readonly Check[];
}

/** Looks at everything that builds of these trees need; nothing is changed, and everything has a time limit. */
export async function examine(input: Examination): Promise<Examined> {
  const { docker, builders, host, versions, trees, graph, sources, contacts, signal } = input;
  const needs = needsOf(trees, graph, input.recipes, input.policy);
  const [programs, engines, registries] = await Promise.all([
    programChecks(needs, host, versions, signal),
    examineEngines(docker, builders, needs, signal),
    registryChecks({ trees, graph, sources, contacts, now: host.now, signal }),
  ]);
  const places = placeChecks({
    cwd: host.cwd,
    engines: engines.map(({ name, identity, isContext }) => ({
      name: engines.length === 1 || name === undefined ? 'disk of the engine' : `${name}: disk`,
      // Of several, a buildx builder has a disk of its own, and the engine that tests may be in the list.
      folder: isContext || engines.length === 1 ? identity?.folder : undefined,
    })),
    lockDirectory: input.lockDirectory,
    holds: input.holds,
    now: host.now(),
    trees: needs.engine,
  });
  const checks = [
    ...programs,
    ...engines.flatMap((engine) => engine.checks),
    ...platformChecks(graph, engines, needs.severalPlatforms),
    ...stagingChecks(input, engines, needs.engine),
    ...registries,
    ...places,
  ];
  return { engines, checks };
}

/** Whether several builders, of which each says what it has, can build all images for their platforms. */
function platformChecks(
  graph: Graph | undefined,
  engines: readonly ExaminedEngine[],
  trees: readonly string[],
): readonly Check[] {
  const pool = engines.flatMap(({ name, facts }) =>
    name === undefined || facts === undefined ? [] : [{ name, engine: facts }],
  );
  const first = engines.find(({ isContext, facts }) => isContext && facts !== undefined);
  const engine = first?.facts ?? pool[0]?.engine;
  if (graph === undefined || engines.length < 2 || pool.length < engines.length || !engine) {
    return [];
  }
  const all = new Set(graph.images.map(({ reference }) => reference));
  const [problem] = platformObstacles(graph, all, { engine, pool });
  return problem === undefined
    ? [ok('platforms of the images', 'the builders have all of them', trees)]
    : [missing('platforms of the images', problem.message, { hint: problem.hint, trees })];
}

/** Several builders need a repository between them, and one without an engine a place for what it builds. */
function stagingChecks(
  { builders, staging, graph }: Examination,
  engines: readonly ExaminedEngine[],
  trees: readonly string[],
): readonly Check[] {
  const isWithout = engines.some(({ facts }) => facts?.imageStore === 'none');
  if (builders.length < 2 && !isWithout) {
    return [];
  }
  if (staging === undefined) {
    const hint = 'name a repository: staging in generate-bake.toml, or build --staging';
    const who = builders.length < 2 ? 'a builder without an engine has' : 'several builders have';
    return [missing('staging', `${who} none`, { hint, trees })];
  }
  const all = new Set(graph?.images.map(({ reference }) => reference));
  const [problem] = graph === undefined ? [] : stagingProblems(staging, graph, all);
  return problem === undefined
    ? [ok('staging', staging.repository, trees)]
    : [missing('staging', problem.message, { hint: problem.hint, trees })];
}
