import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Docker, DockerFailure, DockerOutcome } from '#adapters/docker/docker.js';
import { trackedIn } from '#adapters/git/git.js';
import { holdersIn } from '#builder/run/lock.js';
import { stagedRepository } from '#builder/staging/repository.js';
import { checkedGraph } from '#compiler/checkedGraph.js';
import { Contexts } from '#compiler/context/contexts.js';
import { descendantsOfBroken, type Graph, type ResolvedImage } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { groupBy } from '#core/data/groups.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { error } from '#core/diagnostics/diagnostic.js';
import { OwnDirectory } from '#core/files/ownDirectory.js';
import { shownPath } from '#core/files/paths.js';
import type { Reference } from '#core/reference/brands.js';
import {
  type CacheEntry,
  type CachePlace,
  oldEntries,
  pruneBuildKit,
  removeEntries,
} from '#upkeep/prune/caches.js';
import { ruleText } from '#upkeep/prune/judge.js';
import { type LocalTag, localTags } from '#upkeep/prune/localImages.js';
import { planLocalPrune, pruneLocal, sizeText } from '#upkeep/prune/localPrune.js';
import { type CompiledTrees, compileTrees } from '../compileTrees.js';
import { dockerOf } from '../dockerOf.js';
import { type ExitCode, exit } from '../exit.js';
import { lockDirectory, logDirectory, ownDirectory } from '../places.js';
import type { Io } from '../terminal/io.js';
import { report, reportFolded } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import type { PruneInput } from './prune.command.js';

/** Removes local images of other versions than the current ones, or lists a registry's. */
export async function run(input: PruneInput, io: Io): Promise<ExitCode> {
  const { select } = input;
  const selection = { select, exclude: [], withParents: false, withChildren: false };
  const compiled = compileTrees({ trees: input.trees, selection, cycles: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  reportFolded(io, compiled.diagnostics);
  const safe = safeOnes(compiled, io);
  return withSignals(async (signal) => {
    if (input.registry) {
      const { listOutdated } = await import('../listOutdated.js');
      return listOutdated(input, safe, io, signal);
    }
    return prune(input, safe, io, signal);
  });
}

/**
 * Without the images of which nobody knows what their current version is, or whether it can be
 * built: nothing of theirs is ever removed. A definition whose name cannot be read may be another one
 * of any name that appears in it.
 */
function safeOnes(compiled: CompiledTrees, io: Io): CompiledTrees {
  const contexts = new Contexts(io.cwd);
  const graph = checkedGraph(compiled.graph, compiled.selected, contexts);
  const blocked = descendantsOfBroken(graph);
  const perhaps = namesPerhaps(graph);
  const isSafe = (reference: Reference): boolean => {
    const definition = graph.byReference.get(reference)?.rendered.definition;
    return (
      definition !== undefined &&
      !blocked.has(reference) &&
      perhaps.get(definition.tree)?.has(definition.name) !== true
    );
  };
  const selected = new Set([...compiled.selected].filter(isSafe));
  const left = [...compiled.selected].filter((reference) => !isSafe(reference)).sort();
  const unnamed = compiled.broken.selected.filter(({ image }) => image.reference === undefined);
  const names = [...left, ...unnamed.map(({ image }) => image.shown)];
  if (names.length > 0) {
    io.say(`nothing is removed of what is broken, or built on it: ${names.join(', ')}`);
  }
  return { ...compiled, graph, selected };
}

/** The names that unreadable definitions of each tree may have. */
function namesPerhaps({ broken }: Graph): ReadonlyMap<Tree, ReadonlySet<string>> {
  const unnamed = broken.filter(({ image }) => image.name === undefined);
  const byTree = groupBy(unnamed, ({ image }) => image.tree);
  return new Map(
    [...byTree].map(([tree, nodes]) => [
      tree,
      new Set(nodes.flatMap(({ image }) => image.perhaps)),
    ]),
  );
}

async function prune(
  input: PruneInput,
  { graph, selected, workspace }: CompiledTrees,
  io: Io,
  signal: AbortSignal,
): Promise<ExitCode> {
  const docker = dockerOf(io);
  const staging = workspace.building?.staging?.value;
  const images = graph.images.filter((image) => selected.has(image.reference));
  const repositories = new Set(images.map(({ rendered }) => rendered.definition.repository));
  const local = await localTags(docker, repositories, {
    signal,
    names: registryNamesOf(graph),
  });
  if (local.kind === 'failed') {
    return unusable(local, io);
  }
  const staged = await stagedNames(docker, images, staging, io, signal);
  if (staged.kind === 'failed') {
    return unusable(staged, io);
  }
  const plan = planLocalPrune(images, local.value, input);
  const remove = [...staged.value, ...plan.remove];
  for (const { tag, rule } of plan.kept) {
    const line = `${tag.reference} kept: ${ruleText(rule)}`;
    if (rule.kind === 'in-use') {
      io.say(line);
    } else {
      io.info(line);
    }
  }
  if (input.dryRun) {
    for (const { reference } of remove) {
      io.write(`${reference}\n`);
    }
    io.say(`${names(remove)} would be removed (--dry-run)`);
  } else {
    const pruned = await pruneLocal(docker, remove, { signal });
    if (pruned.kind === 'failed') {
      return unusable(pruned, io);
    }
    const { removed, refused, bytes } = pruned.value;
    for (const { reference } of removed) {
      io.write(`${reference}\n`);
    }
    report(io, [...refused].map(refusal));
    const back = bytes === undefined ? '' : `; about ${sizeText(bytes)} freed`;
    io.say(`${names(removed)} removed${back}`);
    if (refused.size > 0) {
      return exit.failed;
    }
  }
  if (input.cacheOlderThanMs === undefined) {
    return exit.done;
  }
  return pruneCaches(docker, images, input, input.cacheOlderThanMs, io, signal);
}

/** What runs with several builders have left on this engine when they were killed, by the names of their staging repository. */
async function stagedNames(
  docker: Docker,
  images: readonly ResolvedImage[],
  staging: string | undefined,
  io: Io,
  signal: AbortSignal,
): Promise<DockerOutcome<readonly LocalTag[]>> {
  if (staging === undefined) {
    return { kind: 'done', value: [] };
  }
  const repositories = images.map(({ reference }) => stagedRepository(staging, reference));
  const found = await localTags(docker, new Set(repositories), { signal });
  if (found.kind === 'failed') {
    return found;
  }
  const tags = [...found.value.values()].flat().filter(({ inUse }) => inUse !== true);
  if (tags.length > 0 && holdersIn(lockDirectory(io)).length > 0) {
    io.say(`a build runs: ${names(tags)} in ${staging} kept`);
    return { kind: 'done', value: [] };
  }
  return { kind: 'done', value: tags };
}

function refusal([reference, reason]: readonly [string, string]): Diagnostic {
  return error('prune-refused', `${reference} was not removed: ${reason}`);
}

function names(tags: readonly LocalTag[]): string {
  const images = new Set(tags.map(({ id }) => id)).size;
  return `${tags.length} name${tags.length === 1 ? '' : 's'} of ${images} image${images === 1 ? '' : 's'}`;
}

/** What generate-bake keeps beside the definitions, and BuildKit's cache. */
async function pruneCaches(
  docker: Docker,
  images: readonly ResolvedImage[],
  { dryRun }: PruneInput,
  ageMs: number,
  io: Io,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { places, problems } = cachePlaces(images, io);
  const isRefused = report(io, problems);
  const old = oldEntries(places, io.now().getTime() - ageMs);
  if (dryRun) {
    for (const { path } of old) {
      io.write(`${path}\n`);
    }
    io.say(`${sizeText(sum(old))} of caches would be removed, and what BuildKit has of that age`);
    return isRefused ? exit.failed : exit.done;
  }
  const left = removeEntries(old);
  report(
    io,
    left.map(({ path }) => error('prune-cache', `${path} cannot be removed`)),
  );
  io.say(`${sizeText(sum(old) - sum(left))} of caches removed`);
  const buildKit = await pruneBuildKit(docker, ageMs, { signal });
  if (buildKit.kind === 'failed') {
    return unusable(buildKit, io);
  }
  if (buildKit.value !== undefined) {
    io.say(`${sizeText(buildKit.value)} of BuildKit's cache removed`);
  }
  return left.length > 0 || isRefused ? exit.failed : exit.done;
}

/** Where we keep what can be made again, and an error for each place that is not ours. */
function cachePlaces(
  images: readonly ResolvedImage[],
  io: Io,
): { readonly places: readonly CachePlace[]; readonly problems: readonly Diagnostic[] } {
  const places: CachePlace[] = [];
  const problems: Diagnostic[] = [];
  const add = (own: OwnDirectory, way: string, kind: CachePlace['kind'], keepNewest = 0): void => {
    const directory = own.pathOf(way);
    const why = own.whyNot(way);
    if (why === undefined) {
      places.push({ directory, kind, keepNewest });
      return;
    }
    const shown = shownPath(io.cwd, directory);
    problems.push(
      error('prune-cache', `${shown} cannot be pruned: it ${why}`, {
        place: { file: shown },
        hint: 'generate-bake removes only what it made itself: remove this yourself',
      }),
    );
  };
  const own = ownDirectory(io);
  add(own, 'contexts', 'digests');
  add(own, 'dockerfiles', 'digests');
  const logs = logDirectory(io);
  if (logs.own !== undefined) {
    add(logs.own, 'logs', 'logs');
  } else if (existsSync(logs.directory)) {
    places.push({ directory: realpathSync(logs.directory), kind: 'logs', keepNewest: 0 });
  }
  for (const { rendered } of images) {
    const { contextDigest, definedIn } = rendered.definition;
    if (contextDigest !== undefined && definedIn !== undefined) {
      // The newest root filesystem of an image is the one that plans name.
      add(new OwnDirectory(resolve(io.cwd, definedIn), trackedIn), 'rootfs', 'rootfs', 1);
    }
  }
  return { places, problems };
}

function sum(entries: readonly CacheEntry[]): number {
  return entries.reduce((bytes, entry) => bytes + entry.bytes, 0);
}

function unusable({ reason, message }: DockerFailure, io: Io): ExitCode {
  if (reason === 'cancelled') {
    return exit.interrupted;
  }
  report(io, [error('engine', `the engine cannot be asked: ${message}`)]);
  return exit.unusable;
}
