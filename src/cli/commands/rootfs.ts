import { makeAll, usualMode, withinWorkspace } from '#builder/rootfs.js';
import type { RootfsImage } from '#compiler/definitions/rootfsImage.js';
import { readRootfsImages } from '#compiler/definitions/rootfsImages.js';
import { error } from '#core/diagnostics/diagnostic.js';
import { bootstrap, type Mode } from '#rootfs/bootstrap.js';
import { archiveName, placeOfRootfs, RootfsStore } from '#rootfs/store.js';
import { dateOf, midnight } from '#rootfs/timestamp.js';
import { openTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import { rootfsListener } from '../terminal/rootfsLines.js';
import { withSignals } from '../terminal/signals.js';
import type { RootfsInput } from './rootfs.command.js';

export async function run(input: RootfsInput, io: Io): Promise<ExitCode> {
  const workspace = openTrees(input.trees, io);
  if (workspace === undefined) {
    return exit.wrong;
  }
  const read = readRootfsImages(workspace.trees, io.now());
  if (report(io, read.diagnostics)) {
    return exit.wrong;
  }
  const images = withinWorkspace(workspace, read.value);
  if (images.length === 0) {
    const message = 'no root filesystem is defined here';
    report(io, [
      error('rootfs-none', message, { hint: 'write a rootfs.toml in an image directory' }),
    ]);
    return exit.wrong;
  }
  const mode = input.mode ?? usualMode(io);
  const wanted = images.map((image) => ({ image, epoch: wantedEpoch(image, io.now()) }));
  if (input.dryRun) {
    for (const { image, epoch } of wanted) {
      explain(image, epoch, mode, io);
    }
    return exit.done;
  }
  const isThere = ({ image, epoch }: (typeof wanted)[number]): boolean =>
    new RootfsStore(image.directory).isMade(image.recipe, epoch);
  for (const each of wanted) {
    if (!input.force && isThere(each)) {
      io.say(`${each.image.definition.repository}:${dateOf(each.epoch)} exists already`);
    }
  }
  const toMake = wanted.filter((each) => input.force || !isThere(each));
  const makings = await withSignals((signal) =>
    makeAll(
      toMake,
      { mode, host: io, signal, listen: rootfsListener(io) },
      ({ definition, shown }, { directory, sha256 }) => {
        const date = directory.slice(directory.lastIndexOf('/') + 1).slice(0, 8);
        const archive = `${shown}${directory.slice(directory.indexOf('/.generate-bake/'))}/${archiveName}`;
        io.write(`${definition.repository}:${date}\t${archive}\tsha256:${sha256}\n`);
      },
    ),
  );
  if (makings.kind === 'cancelled') {
    return exit.interrupted;
  }
  if (!report(io, makings.problems)) {
    return exit.done;
  }
  return makings.problems.some(({ code }) => code === 'rootfs-program')
    ? exit.unusable
    : exit.failed;
}

/** Its own time, else today's. */
function wantedEpoch({ recipe }: RootfsImage, now: Date): number {
  return recipe.timestamp ?? midnight(now);
}

function explain(
  { recipe, definition, directory }: RootfsImage,
  epoch: number,
  mode: Mode,
  io: Io,
): void {
  const place = placeOfRootfs(directory, recipe, epoch);
  const { program, args, steps } = bootstrap(recipe, epoch, mode, {
    before: '$WORK/before',
    after: '$WORK/after',
    keys: '$WORK/keys',
    output: `${place}/${archiveName}`,
  });
  io.write(`# ${definition.repository}:${dateOf(epoch)}\n`);
  for (const { name, does } of steps) {
    io.write(`# ${name}: ${does}\n`);
  }
  const words = [`SOURCE_DATE_EPOCH=${epoch}`, program, ...args.map(shellWord)];
  io.write(`${words.join(' ')}\n`);
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
