import { resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { totalOf, typicalOf } from '#builder/durations/durations.js';
import { openDurations } from '#builder/durations/store.js';
import { type Matrix, matrixOf } from '#builder/matrix/document.js';
import { duration } from '#builder/report/time.js';
import { definitionDigests } from '#compiler/plan/definitionDigest.js';
import { hasErrors } from '#core/diagnostics/diagnostic.js';
import { writeFile } from '#core/files/writeFile.js';
import { brokenReport } from '../broken.js';
import { type ExitCode, exit } from '../exit.js';
import { formatProblem, githubMatrix, gitlabPipeline, matrixTable } from '../matrixText.js';
import { durationsFile } from '../places.js';
import { planScope } from '../planScope.js';
import type { Io } from '../terminal/io.js';
import { report, reportFolded } from '../terminal/report.js';
import type { MatrixInput } from './matrix.command.js';

/** Cuts what would be built into jobs. Ends with 1 where something that was asked for is broken: the jobs are of the rest. */
export async function run(input: MatrixInput, io: Io): Promise<ExitCode> {
  const planned = await planScope({ ...input, rebuildLost: false }, io);
  if (typeof planned === 'number') {
    return planned;
  }
  const { checked, contexts, scope } = planned;
  const { graph } = checked;
  const definitions = definitionDigests(graph, scope.selected, contexts.of);
  const built = graph.images.filter(
    ({ reference }) => scope.selected.has(reference) && definitions.has(reference),
  );
  const leftOut = [...scope.selected].filter((reference) => !definitions.has(reference));
  const broken = brokenReport(checked, io.now(), graph, leftOut);
  const { durations, problems } = openDurations(durationsFile(io, input.timingsFile));
  const found = [...checked.diagnostics, ...contexts.diagnostics];
  reportFolded(io, [...found, ...broken.diagnostics, ...problems]);
  if (hasErrors([...found, ...problems])) {
    return exit.wrong;
  }
  const images = built.map(({ reference, parents }) => ({
    reference,
    parents: parents.map(({ parent }) => parent).filter((parent) => definitions.has(parent)),
    milliseconds: totalOf(typicalOf(durations, reference)),
  }));
  const matrix = matrixOf(images, definitions, input.maxJobs);
  const tooMany = formatProblem(matrix, input.format);
  if (tooMany !== undefined) {
    report(io, [tooMany]);
    return exit.wrong;
  }
  const isMeasured = images.some(({ milliseconds }) => milliseconds !== undefined);
  const json = `${JSON.stringify(matrix, undefined, 2)}\n`;
  if (input.output !== undefined) {
    const path = resolve(io.cwd, input.output);
    const problem = trackedLink(path, input.output) ?? writeFile(path, input.output, json);
    if (problem !== undefined) {
      report(io, [problem]);
      return exit.wrong;
    }
  }
  write(matrix, json, isMeasured, input, io);
  return broken.isPartial ? exit.failed : scope.code;
}

function write(
  matrix: Matrix,
  json: string,
  isMeasured: boolean,
  { format }: MatrixInput,
  io: Io,
): void {
  switch (format) {
    case 'text':
      io.write(matrixTable(matrix, isMeasured, io.outWidth()));
      break;
    case 'json':
      io.write(json);
      break;
    case 'github':
      io.write(githubMatrix(matrix));
      break;
    case 'gitlab':
      io.write(gitlabPipeline(matrix));
  }
  const images = matrix.jobs.reduce((sum, job) => sum + job.images.length, 0);
  const time = isMeasured ? `, ${duration(matrix.milliseconds)} by earlier runs` : '';
  io.say(
    images === 0
      ? 'nothing to build'
      : `${count(images, 'image')} in ${count(matrix.jobs.length, 'job')}, ${count(matrix.stages, 'stage')}${time}`,
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
