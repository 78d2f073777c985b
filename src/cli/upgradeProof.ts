import { resolve } from 'node:path';
import type { CredentialUse } from '#adapters/registry/credentials.js';
import { writeFile } from '#core/files/writeFile.js';
import { withAllAncestors } from '#fleet/outdated/findOutdated.js';
import { proofDocument } from '#fleet/proof/document.js';
import { readPublished } from '#fleet/proof/published.js';
import { askFleet } from './askFleet.js';
import { type ExitCode, exit } from './exit.js';
import type { CompileLine } from './line/options.js';
import type { OutdatedFiles } from './outdatedIn.js';
import { proofIn } from './proofIn.js';
import type { Io } from './terminal/io.js';
import { proofText } from './terminal/proofText.js';
import { report } from './terminal/report.js';

interface ProofQuestion extends CompileLine {
  readonly credentials: CredentialUse;
}

/** What becomes of a proof. */
export type ProofOutput =
  /** It is shown, as a table or as the report with the proof in it. */
  | 'table'
  | 'json'
  /** The report is replaced with the one that has the proof in it. */
  | 'file';

/**
 * Reads again what a run published, and says what it did to packages. Ends with 2 for what is no report of `build`, and with 3
 * where an image cannot be read.
 */
export async function proveReport(
  file: string,
  output: ProofOutput,
  question: ProofQuestion,
  files: OutdatedFiles,
  io: Io,
  signal: AbortSignal,
): Promise<ExitCode> {
  const path = resolve(io.cwd, file);
  const reading = readPublished(path, file);
  if (reading.kind === 'wrong') {
    report(io, [reading.problem]);
    return exit.wrong;
  }
  const fleet = await askFleet(
    { ...question, pull: true, asks: 'versions', widen: withAllAncestors },
    io,
    signal,
  );
  if (typeof fleet === 'number') {
    return fleet;
  }
  const found = await proofIn(fleet, reading.published, files, io, signal);
  if (found === undefined) {
    return exit.interrupted;
  }
  const { proof, hasFailed } = found;
  const whole = `${JSON.stringify({ ...reading.report, upgrade: proofDocument(proof) }, null, 2)}\n`;
  const problem = output === 'file' ? writeFile(path, file, whole) : undefined;
  if (report(io, problem === undefined ? [] : [problem])) {
    return exit.wrong;
  }
  if (output === 'json') {
    io.write(whole);
  } else {
    const text = proofText(proof, output === 'file' ? io.errWidth() : io.outWidth());
    (output === 'file' ? io.raw : io.write)(text);
  }
  const count = proof.images.length;
  const left = proof.images.filter(({ outdated }) => outdated.length > 0).length;
  const were = count === 1 ? '1 image was published' : `${count} images were published`;
  io.say(left === 0 ? were : `${were}; ${left} of them still outdated`);
  return hasFailed ? exit.unusable : exit.done;
}
