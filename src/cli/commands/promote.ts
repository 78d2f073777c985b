import { type Move, type PromotionEnding, runPromotion } from '#upkeep/promote/runPromotion.js';
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
export async function run(input: PromoteInput, io: Io): Promise<ExitCode> {
  const compiled = compileTrees({ ...input, cycles: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const registries = await registriesOf(
    compiled.workspace.trees,
    'configured',
    input.credentials,
    io,
  );
  if (registries === undefined) {
    return exit.wrong;
  }
  return withSignals(async (signal) => {
    const request = {
      ...input,
      ...compiled,
      accesses: registries.accesses,
      stateDirectory: stateDirectory(io),
      cache: registryCache(io),
      signal,
    };
    const ending = await runPromotion(request, (move) => printMove(move, io));
    return printEnding(ending, input.version, io);
  });
}

function printMove({ promotion, builtOn, unread }: Move, io: Io): void {
  const { repository, version, manifest, former } = promotion;
  const was =
    former === undefined ? 'nothing' : `${versionOf(former) ?? 'unnamed'} (${former.digest})`;
  io.write(`${repository}:latest was ${was}, becomes ${version} (${manifest.digest})\n`);
  for (const { reference, how } of builtOn) {
    io.write(
      `  ${reference} ${how === 'stands-on-it' ? 'is built on it' : 'may hold files of it'}\n`,
    );
  }
  if (unread > 0) {
    io.say(`what ${unread} more images are built on could not be read`);
  }
}

function versionOf({ config }: NonNullable<Move['promotion']['former']>): string | undefined {
  return config?.labels.get('org.opencontainers.image.version') || undefined;
}

function printEnding(ending: PromotionEnding, version: string, io: Io): ExitCode {
  switch (ending.kind) {
    case 'cancelled':
      return exit.interrupted;
    case 'wrong':
      report(io, [ending.problem]);
      return exit.wrong;
    case 'unusable':
      report(io, [ending.problem]);
      return exit.unusable;
    case 'dry-run':
      io.say('nothing was changed (--dry-run)');
      return exit.done;
    case 'already': {
      const { repository } = ending.image;
      io.write(`${repository}:latest is ${version} already (${ending.digest})\n`);
      return exit.done;
    }
    case 'moved':
      printNotes(ending.move, version, io);
      return exit.done;
  }
}

function printNotes({ image, isBroken }: Move, version: string, io: Io): void {
  const { name, version: current } = image;
  io.say('images that are built on it stay as they are until they get a new version:');
  io.say(isBroken ? `fix ${name}, which is broken, first` : `generate-bake update ${name}`);
  if (current !== version) {
    io.say('builds leave latest there until a new version is published (its mark is latest-held)');
  }
  if (current !== undefined && current !== version) {
    io.say(
      `the changelog of ${name} still says ${current}; reverting that would change nothing in the registry`,
    );
  }
}
