import type { Docker } from '#adapters/docker/docker.js';
import type { CredentialSources } from '#adapters/registry/credentials.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Hold } from '#compiler/workspace/holdKeys.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Host } from '../request.js';
import type { Check } from './check.js';
import { type ExaminedEngine, examineEngine } from './engine.js';
import { needsOf } from './needs.js';
import { placeChecks } from './places.js';
import { programChecks } from './programs.js';
import { registryChecks } from './registries.js';

export interface Examination {
  readonly docker: Docker;
  readonly host: Host;
  readonly versions: { readonly program: string; readonly node: string };
  readonly trees: readonly Tree[];
  /** Absent where nothing could be compiled: what only images need is not known then. */
  readonly graph?: Graph;
  /** The trees with recipes of root filesystems. */
  readonly recipes: readonly Tree[];
  readonly holds: readonly Hold[];
  readonly lockDirectory: string;
  readonly sources: CredentialSources;
  /** Whether registries are asked. */
  readonly contacts: boolean;
  readonly signal: AbortSignal;
}

export interface Examined extends Pick<ExaminedEngine, 'facts' | 'abilities'> {
  readonly checks: readonly Check[];
}

/** Looks at everything that builds of these trees need; nothing is changed, and everything has a time limit. */
export async function examine(input: Examination): Promise<Examined> {
  const { docker, host, versions, trees, graph, sources, contacts, signal } = input;
  const needs = needsOf(trees, graph, input.recipes);
  const [programs, engine, registries] = await Promise.all([
    programChecks(needs, host, versions, signal),
    examineEngine(docker, needs, signal),
    registryChecks({ trees, graph, sources, contacts, now: host.now, signal }),
  ]);
  const { checks, folder, ...known } = engine;
  const places = placeChecks({
    cwd: host.cwd,
    ...(folder === undefined ? {} : { engine: folder }),
    lockDirectory: input.lockDirectory,
    holds: input.holds,
    now: host.now(),
    trees: needs.engine,
  });
  return { ...known, checks: [...programs, ...checks, ...registries, ...places] };
}
