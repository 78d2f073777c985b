import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { askStates } from '#adapters/registry/state.js';
import { Journal } from '#builder/publish/journal.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { error } from '#core/diagnostics/diagnostic.js';
import { tagProblem } from '#core/reference/legal.js';
import { didYouMean } from '#core/text/suggest.js';
import { compareVersions } from '#formats/debian/version.js';
import { builtOn, descendants } from '#upkeep/promote/builtOn.js';
import { carryOut, type Promotion, preparePromotion } from '#upkeep/promote/promote.js';
import { findNamed } from '#upkeep/update/names.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { registriesOf } from '../openRegistries.js';
import { registryCache, stateDirectory } from '../places.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import type { PromoteInput } from './promote.command.js';

/**
 * Moves `latest` to a published version. The command is itself the wish to publish, so whatever
 * credentials there are do.
 */
export function run(input: PromoteInput, io: Io): Promise<ExitCode> {
  return withSignals((signal) => promote(input, io, signal));
}

type Ready = Extract<Promotion, { kind: 'ready' }>;

async function promote(input: PromoteInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const compiled = compileTrees(input, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const { graph, selected, workspace } = compiled;
  const named = findNamed(graph, input.name, selected);
  if (named.kind !== 'image') {
    const problem =
      named.kind === 'unknown'
        ? named.problem
        : error('promote-external', `"${input.name}" is not an image of the trees`);
    report(io, [problem]);
    return exit.wrong;
  }
  const { image } = named;
  const { tree, repository } = image.rendered.definition;
  const illegal = tagProblem(input.version);
  if (illegal !== undefined) {
    report(io, [error('promote-version', illegal.message, { hint: illegal.hint })]);
    return exit.wrong;
  }
  const registries = await registriesOf(workspace.trees, 'configured', io);
  if (registries === undefined) {
    return exit.wrong;
  }
  const access = registries.accesses.get(tree);
  if (access === undefined) {
    const message = `the tree ${tree.name} has no registry, so nothing of it is published`;
    report(io, [error('no-registry', message, { hint: 'set registry in its configuration' })]);
    return exit.wrong;
  }
  const registry = new Registry(access, { signal });
  try {
    const promotion = await preparePromotion(registry, repository, input.version);
    if (signal.aborted) {
      return exit.interrupted;
    }
    if (promotion.kind !== 'ready') {
      return tellOther(promotion, input, image, access, io);
    }
    tellMove(promotion, io);
    await tellBuiltOn(promotion, graph, image, registries.accesses, io, signal);
    if (input.dryRun) {
      io.say('nothing was changed (--dry-run)');
      return exit.done;
    }
    if (signal.aborted) {
      return exit.interrupted;
    }
    const move = await carryOut(registry, promotion);
    if (move.kind === 'failed') {
      const hint = move.hint === undefined ? {} : { hint: move.hint };
      report(io, [error('promote-failed', `latest was not moved: ${move.reason}`, hint)]);
      return signal.aborted ? exit.interrupted : exit.unusable;
    }
    settle(image, access, io);
    tellNotes(promotion, image, io);
    return exit.done;
  } finally {
    registry.close();
  }
}

/** A move that an interrupted build still owes must not undo this one. */
function settle(image: ResolvedImage, access: RegistryAccess, io: Io): void {
  new Journal(stateDirectory(io), access.host).settle(image.rendered.definition.repository);
}

function tellOther(
  promotion: Exclude<Promotion, Ready>,
  { version, dryRun }: PromoteInput,
  image: ResolvedImage,
  access: RegistryAccess,
  io: Io,
): ExitCode {
  const { repository } = image.rendered.definition;
  switch (promotion.kind) {
    case 'already':
      io.write(`${repository}:latest is ${version} already (${promotion.digest})\n`);
      if (!dryRun) {
        settle(image, access, io);
      }
      return exit.done;
    case 'absent': {
      const message = `${repository}:${version} is not published`;
      report(io, [error('promote-absent', message, { hint: otherVersions(version, promotion) })]);
      return exit.wrong;
    }
    case 'unknown': {
      const hint = promotion.hint === undefined ? {} : { hint: promotion.hint };
      report(io, [error('registry', promotion.reason, hint)]);
      return exit.unusable;
    }
  }
}

function otherVersions(
  version: string,
  { published }: Extract<Promotion, { kind: 'absent' }>,
): string {
  if (published.length === 0) {
    return 'no version of it is';
  }
  const newest = [...published].sort((a, b) => compareVersions(b, a)).slice(0, 5);
  const near = didYouMean(version, published);
  const some = `published are ${newest.join(', ')}${published.length > newest.length ? ', …' : ''}`;
  return near === undefined ? some : `${near} ${some}`;
}

function tellMove({ repository, version, manifest, former }: Ready, io: Io): void {
  const was =
    former === undefined ? 'nothing' : `${versionOf(former) ?? 'unnamed'} (${former.digest})`;
  io.write(`${repository}:latest was ${was}, becomes ${version} (${manifest.digest})\n`);
}

function versionOf({ config }: NonNullable<Ready['former']>): string | undefined {
  return config?.labels.get('org.opencontainers.image.version') || undefined;
}

/** Lists the published images that hold the one that is taken back. */
async function tellBuiltOn(
  { former }: Ready,
  graph: Graph,
  image: ResolvedImage,
  accesses: ReadonlyMap<Tree, RegistryAccess>,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  if (former === undefined) {
    return;
  }
  const below = descendants(graph, image);
  const states = await askStates(
    below.map(({ reference, rendered: { definition } }) => ({
      reference,
      repository: definition.repository,
      version: definition.version,
      access: accesses.get(definition.tree),
    })),
    { signal, cache: registryCache(io) },
  );
  const candidates = below.flatMap((each) => {
    const state = states.get(each.reference);
    return state === undefined ? [] : [{ image: each, state }];
  });
  for (const { reference, how } of builtOn(former, candidates, graph, image.reference)) {
    io.write(
      `  ${reference} ${how === 'stands-on-it' ? 'is built on it' : 'may hold files of it'}\n`,
    );
  }
  const unread = candidates.filter(({ state }) => state.kind === 'unknown').length;
  if (unread > 0) {
    io.say(`what ${unread} more images are built on could not be read`);
  }
}

function tellNotes({ version }: Ready, image: ResolvedImage, io: Io): void {
  const { name, version: current } = image.rendered.definition;
  io.say('images that are built on it stay as they are until they get a new version:');
  io.say(`generate-bake update ${name}`);
  if (current !== version) {
    io.say(
      `the changelog of ${name} still says ${current}; taking that back would change nothing in the registry`,
    );
  }
}
