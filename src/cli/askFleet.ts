import { detectEngine, type EngineFacts } from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import type { CredentialUse } from '#adapters/registry/credentials.js';
import { limitsDecision, withLimitedBuilder } from '#builder/containerLimits.js';
import { awaitingIn } from '#builder/gate/approved.js';
import { untestedBy } from '#builder/untested.js';
import { checkedGraph } from '#compiler/checkedGraph.js';
import { Contexts } from '#compiler/context/contexts.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { OpenRegistries } from '#fleet/registries.js';
import { concerned } from '#fleet/status/decide.js';
import { type Prepared, prepare } from '#fleet/status/prepare.js';
import { type CompiledTrees, compileTrees } from './compileTrees.js';
import { dockerOf } from './dockerOf.js';
import { type ExitCode, exit } from './exit.js';
import type { CompileLine } from './line/options.js';
import { registriesOf } from './openRegistries.js';
import { awaitingOf, recordOf, registryCache, testedOf } from './places.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

interface FleetQuestion extends CompileLine {
  readonly credentials: CredentialUse;
  readonly pull: boolean;
  /**
   * `versions`: only whether registries have the versions; `images`: also what the engine has; `all`: also the
   * tags in registries.
   */
  readonly asks: 'all' | 'images' | 'versions';
  /** The sizes of published images are wanted, where they have to be asked for; absent: they are not. */
  readonly sizes?: boolean;
  /** The images that are asked about, of those that are selected; absent: these. */
  readonly widen?: (graph: Graph, selected: ReadonlySet<Reference>) => ReadonlySet<Reference>;
}

/** What registries and engine have of the selected images, and what `build` would do; nothing is changed. */
export interface AskedFleet {
  readonly compiled: CompiledTrees;
  /** With everything broken that the contexts show to be. */
  readonly graph: Graph;
  readonly contexts: Contexts;
  readonly registries: OpenRegistries;
  readonly prepared: Prepared;
}

/** Compiles the trees and asks; the exit status, with the reason reported, where that is not possible. */
export async function askFleet(
  question: FleetQuestion,
  io: Io,
  signal: AbortSignal,
): Promise<AskedFleet | ExitCode> {
  const { pull, dating, credentials } = question;
  const compiled = compileTrees({ ...question, words: 'images', named: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const { workspace } = compiled;
  const selected = question.widen?.(compiled.graph, compiled.selected) ?? compiled.selected;
  const contexts = new Contexts(io.cwd);
  const graph = checkedGraph(compiled.graph, concerned(compiled.graph, selected), contexts);
  const registries = await registriesOf(workspace.trees, 'configured', credentials, io, signal);
  if (registries === undefined) {
    return signal.aborted ? exit.interrupted : exit.wrong;
  }
  const docker = dockerOf(io);
  const found =
    question.asks === 'versions' ? undefined : await engineOf(docker, question, io, signal);
  if (found === 'unusable') {
    return signal.aborted ? exit.interrupted : exit.unusable;
  }
  const trees = graph.images.map(({ rendered: { definition } }) => definition.tree);
  const limits = limitsDecision(trees, undefined);
  const engine =
    found === undefined || limits.kind !== 'builder'
      ? found
      : withLimitedBuilder(found, limits.builder);
  const preparation = await prepare({
    graph,
    selected,
    context: contexts.of,
    accesses: registries.accesses,
    ...(engine === undefined ? {} : { engine: { docker, facts: engine } }),
    pull,
    publishing: registries.publishing,
    // Dated versions are never `latest`.
    tagging: new Set(
      dating === 'none' && question.asks === 'all' ? registries.accesses.keys() : [],
    ),
    cache: registryCache(io),
    record: recordOf(io),
    isUntested: untestedBy(testedOf(io), graph),
    isAwaiting: awaitingIn(awaitingOf(io)),
    dated: dating !== 'none',
    overwritePublished: false,
    rebuildLost: false,
    sizes: question.sizes ?? false,
    now: io.now(),
    signal,
  });
  if (signal.aborted) {
    return exit.interrupted;
  }
  if (preparation.kind === 'failed') {
    report(io, [error('engine', `the engine cannot be asked: ${preparation.message}`)]);
    return exit.unusable;
  }
  return { compiled, graph, contexts, registries, prepared: preparation.prepared };
}

/**
 * What the engine is; undefined where there is none that can be asked, which only says less of
 * local images, unless those alone count (--no-pull).
 */
async function engineOf(
  docker: Docker,
  { pull }: FleetQuestion,
  io: Io,
  signal: AbortSignal,
): Promise<EngineFacts | undefined | 'unusable'> {
  const detection = await detectEngine(docker, signal);
  if (detection.kind === 'found') {
    return detection.engine;
  }
  if (detection.kind === 'cancelled') {
    return 'unusable';
  }
  const { diagnostic } = detection;
  report(io, [pull ? { ...diagnostic, severity: 'warning' } : diagnostic]);
  return pull ? undefined : 'unusable';
}
