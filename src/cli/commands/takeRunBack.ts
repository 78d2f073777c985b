import { resolve } from 'node:path';
import { heldAt } from '#fleet/holds/mark.js';
import { readReport } from '#upkeep/promote/readReport.js';
import { type TakenBack, takeBack } from '#upkeep/promote/takeBack.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { registriesOf } from '../openRegistries.js';
import { stateDirectory } from '../places.js';
import { isStopped } from '../stopFile.js';
import { confirm } from '../terminal/confirm.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import type { RunPromotion } from './promote.command.js';

/** `promote --run REPORT --back`: takes back every `latest` that a run moved. */
export async function takeRunBack(input: RunPromotion, io: Io): Promise<ExitCode> {
  const { reportFile, credentials, dryRun } = input;
  if (!dryRun && isStopped(input.trees, io)) {
    return exit.failed;
  }
  const reading = readReport(resolve(io.cwd, reportFile), reportFile);
  if (reading.kind === 'wrong') {
    report(io, [reading.problem]);
    return exit.wrong;
  }
  const { moved } = reading;
  const compiled = compileTrees({ ...input, cycles: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const { graph, workspace } = compiled;
  return withSignals(async (signal) => {
    const registries = await registriesOf(workspace.trees, 'configured', credentials, io, signal);
    if (registries === undefined) {
      return signal.aborted ? exit.interrupted : exit.wrong;
    }
    const { accesses } = registries;
    const isAsked = moved.length > 0 && !input.yes && !dryRun;
    if (isAsked && !(await confirm(io, `Take back ${moved.length} latest?`, signal))) {
      io.say('nothing was changed');
      return signal.aborted ? exit.interrupted : exit.failed;
    }
    const rest = { dryRun, stateDirectory: stateDirectory(io), now: io.now(), signal };
    const all = await takeBack({ graph, accesses, moved, ...rest });
    for (const one of all) {
      io.write(`${lineOf(one)}\n`);
    }
    if (signal.aborted) {
      return exit.interrupted;
    }
    return conclude(all, dryRun, io);
  });
}

function lineOf(one: TakenBack): string {
  const { repository, version, digest } = one.moved;
  const from = version ?? heldAt({ digest });
  switch (one.kind) {
    case 'back':
      return `${repository}:latest was ${from}, becomes ${one.to}`;
    case 'already':
      return `${repository}:latest is ${one.to} already`;
    case 'left':
      return `${repository}:latest stays where it is: ${one.reason}`;
  }
}

function conclude(all: readonly TakenBack[], dryRun: boolean, io: Io): ExitCode {
  const left = all.filter(({ kind }) => kind === 'left').length;
  const back = all.filter(({ kind }) => kind === 'back').length;
  if (all.length === 0) {
    io.say('the run moved no latest');
  } else if (dryRun) {
    io.say('nothing was changed (--dry-run)');
  } else {
    const stay = left === 0 ? '' : `, ${left} ${left === 1 ? 'stays' : 'stay'}`;
    io.say(`${back} taken back${stay}; no build moves them on (their mark is the tag latest-held)`);
    io.say('to take the change itself back: git revert it, then generate-bake update its images');
  }
  return left > 0 ? exit.failed : exit.done;
}
