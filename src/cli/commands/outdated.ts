import { resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { tellBroken } from '#compiler/tellBroken.js';
import { writeFile } from '#core/files/writeFile.js';
import { outdatedDocument } from '#fleet/outdated/document.js';
import { withAllAncestors } from '#fleet/outdated/findOutdated.js';
import { outdatedMetrics } from '#fleet/outdated/metrics.js';
import type { Outdated } from '#fleet/outdated/outdated.js';
import { SeenCandidates } from '#fleet/outdated/seen.js';
import { askFleet } from '../askFleet.js';
import { withoutHeld } from '../broken.js';
import { type ExitCode, exit } from '../exit.js';
import { outdatedIn, readOutdatedFiles } from '../outdatedIn.js';
import { stateDirectory } from '../places.js';
import type { Io } from '../terminal/io.js';
import { outdatedLine, outdatedText } from '../terminal/outdatedText.js';
import { report, reportFolded } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import type { OutdatedLine } from './outdated.command.js';

/**
 * Shows which of the selected images have packages with newer versions in their own sources. Ends with 3 where
 * one of them could not be read, and, where `--exit-code` asks for it, with 1 if one is outdated and with 3 if
 * of one nobody knows.
 */
export function run(input: OutdatedLine, io: Io): Promise<ExitCode> {
  return withSignals((signal) => outdated(input, io, signal));
}

async function outdated(input: OutdatedLine, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const named = input.metricsFile;
  const link = named === undefined ? undefined : trackedLink(resolve(io.cwd, named), named);
  if (report(io, link === undefined ? [] : [link])) {
    return exit.wrong;
  }
  const files = await readOutdatedFiles(input, io, signal);
  if (typeof files === 'number') {
    return files;
  }
  const question = { ...input, pull: true, asks: 'versions', widen: withAllAncestors } as const;
  const fleet = await askFleet(question, io, signal);
  if (typeof fleet === 'number') {
    return fleet;
  }
  const { compiled, graph } = fleet;
  const { others: broken } = withoutHeld(compiled.broken.selected, io.now());
  reportFolded(io, [...compiled.diagnostics, ...tellBroken(graph, broken)]);
  const found = await outdatedIn(fleet, compiled.selected, input, files, io, signal);
  if (found.kind === 'cancelled') {
    return exit.interrupted;
  }
  const { result, hasFailed } = found;
  const { wanted } = files;
  const since = new SeenCandidates(stateDirectory(io)).note(result.updates, io.now());
  const references = graph.images.map(({ reference }) => reference);
  if (input.json) {
    io.write(
      `${JSON.stringify(outdatedDocument(result, since, wanted, found.rebuilt), null, 2)}\n`,
    );
  } else {
    const { rebuilt } = found;
    const shown = { outdated: result, rebuilt, since, references, now: io.now() };
    io.write(outdatedText(shown, io.outWidth()));
  }
  io.say(
    outdatedLine(result, input.security || input.cve !== undefined || wanted.names !== undefined),
  );
  const { metricsFile: shown } = input;
  const problem =
    shown === undefined
      ? undefined
      : writeFile(resolve(io.cwd, shown), shown, outdatedMetrics(result, since, io.now()));
  if (report(io, problem === undefined ? [] : [problem])) {
    return exit.wrong;
  }
  return exitCodeOf(result, hasFailed, input);
}

function exitCodeOf({ images }: Outdated, hasFailed: boolean, input: OutdatedLine): ExitCode {
  if (input.exitCode && images.some(({ verdict }) => verdict === 'outdated')) {
    return exit.failed;
  }
  const isUnknown = input.exitCode && images.some(({ verdict }) => verdict === 'unknown');
  return hasFailed || isUnknown ? exit.unusable : exit.done;
}
