import { versionOf } from '#fleet/holds/mark.js';
import {
  type Move,
  type PromotionEnding,
  type PromotionRequest,
  runPromotion,
} from '#upkeep/promote/runPromotion.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { registriesOf } from '../openRegistries.js';
import { registryCache, stateDirectory } from '../places.js';
import { isStopped } from '../stopFile.js';
import { confirm } from '../terminal/confirm.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import type { ImagePromotion, PromoteInput } from './promote.command.js';

/**
 * Moves `latest` to a published version. The command is itself the wish to publish, so whatever
 * credentials there are do.
 */
export async function run(input: PromoteInput, io: Io): Promise<ExitCode> {
  if (input.kind === 'image') {
    return promote({ ...input, isRollback: false }, io);
  }
  const { takeRunBack } = await import('./takeRunBack.js');
  return takeRunBack(input, io);
}

/** `promote`, or `rollback`, which may leave the version to what is published. */
export async function promote(
  input: Omit<ImagePromotion, 'version' | 'kind'> &
    Pick<PromotionRequest, 'version' | 'isRollback'>,
  io: Io,
): Promise<ExitCode> {
  if (!input.dryRun && isStopped(input.trees, io)) {
    return exit.failed;
  }
  const compiled = compileTrees({ ...input, cycles: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  return withSignals(async (signal) => {
    const { trees } = compiled.workspace;
    const registries = await registriesOf(trees, 'configured', input.credentials, io, signal);
    if (registries === undefined) {
      return signal.aborted ? exit.interrupted : exit.wrong;
    }
    const request = {
      ...input,
      ...compiled,
      accesses: registries.accesses,
      now: io.now(),
      stateDirectory: stateDirectory(io),
      cache: registryCache(io),
      signal,
    };
    const ending = await runPromotion(request, async (move) => {
      printMove(move, io);
      const isWanted = input.yes || input.dryRun || (await confirm(io, 'Move latest?', signal));
      if (!isWanted && signal.aborted) {
        io.say('nothing was changed');
      }
      return isWanted;
    });
    return printEnding(ending, io);
  });
}

function printMove({ promotion, builtOn, unread }: Move, io: Io): void {
  const { repository, version, manifest, former } = promotion;
  const was =
    former === undefined ? 'nothing' : `${versionIn(former) ?? 'unnamed'} (${former.digest})`;
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

function versionIn({ config }: NonNullable<Move['promotion']['former']>): string | undefined {
  return config === undefined ? undefined : versionOf(config);
}

function printEnding(ending: PromotionEnding, io: Io): ExitCode {
  switch (ending.kind) {
    case 'cancelled':
      return exit.interrupted;
    case 'wrong':
      report(io, [ending.problem]);
      return exit.wrong;
    case 'unusable':
      report(io, [ending.problem]);
      return exit.unusable;
    case 'declined':
      io.say('nothing was changed');
      return exit.failed;
    case 'dry-run':
      io.say('nothing was changed (--dry-run)');
      return exit.done;
    case 'already': {
      const { image, version, digest, isHold } = ending;
      io.write(`${image.repository}:latest is ${version} already (${digest})\n`);
      if (isHold) {
        io.say(heldThere);
      }
      return exit.done;
    }
    case 'moved': {
      const { repository, version } = ending.move.promotion;
      io.say(`${repository}:latest is ${version} now`);
      printNotes(ending.move, io);
      return exit.done;
    }
  }
}

const heldThere = 'latest is held there: no build moves it on (its mark is the tag latest-held)';

function printNotes({ image, isBroken, isHold, promotion, builtOn }: Move, io: Io): void {
  const { name, version: current } = image;
  if (isHold) {
    io.say(heldThere);
    const what = current === undefined ? 'the change' : `what came with ${current}`;
    const fix = isBroken ? `fix ${name}, which is broken` : `git revert ${what}`;
    io.say(
      `to take the change itself back: ${fix}, then generate-bake update ${name}: that also gives what is built on it new versions`,
    );
    io.say(`then \`generate-bake promote ${name} VERSION\` moves latest on, and ends the hold`);
    return;
  }
  if (builtOn.length > 0) {
    io.say('images that are built on it stay as they are until they get a new version:');
    io.say(isBroken ? `fix ${name}, which is broken, first` : `generate-bake update ${name}`);
  }
  io.say(`builds move latest on from ${promotion.version}`);
}
