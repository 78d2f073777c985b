import { resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import type { LogPlace } from '#builder/report/page/logs.js';
import { pageOf } from '#builder/report/page/page.js';
import { readReport } from '#builder/report/page/readReport.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { lookAt } from '#core/files/lookAt.js';
import { writeFile } from '#core/files/writeFile.js';
import { openReport } from '#fleet/reports/openReport.js';
import { renderShipped } from '#jinja/index.js';
import { type ExitCode, exit } from '../exit.js';
import { logDirectory } from '../places.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import type { ReportInput } from './report.command.js';

/** Makes a page of what a run reported, whatever became of the run. */
export async function run(input: ReportInput, io: Io): Promise<ExitCode> {
  const unsuitable = unsuitablePlaces(input, io);
  if (unsuitable !== undefined) {
    return wrong(unsuitable, io);
  }
  const opened = openReport(resolve(io.cwd, input.report), input.report);
  const reading = opened.kind === 'read' ? readReport(opened.report, input.report) : opened;
  if (reading.kind === 'wrong') {
    return wrong(reading.problem, io);
  }
  const { html, absentLogs } = await pageOf(reading.report, logPlaceOf(input, io), renderShipped);
  if (input.output === undefined) {
    io.write(html);
  } else {
    const problem = writeFile(resolve(io.cwd, input.output), input.output, html);
    if (problem !== undefined) {
      return wrong(problem, io);
    }
  }
  if (absentLogs > 0) {
    const logs = absentLogs === 1 ? '1 log is' : `${absentLogs} logs are`;
    io.say(
      `${logs} not in the page: there are no such files in ${logPlaceOf(input, io).directory} (--logs DIR)`,
    );
  }
  return exit.done;
}

function wrong(problem: Diagnostic, io: Io): ExitCode {
  report(io, [problem]);
  return exit.wrong;
}

function logPlaceOf({ logs }: ReportInput, io: Io): LogPlace {
  return logs === undefined
    ? { directory: logDirectory(io).directory, moved: false }
    : { directory: resolve(io.cwd, logs), moved: true };
}

/** Told before anything is read. */
function unsuitablePlaces(
  { report: file, output, logs }: ReportInput,
  io: Io,
): Diagnostic | undefined {
  if (logs !== undefined && !isDirectory(resolve(io.cwd, logs))) {
    const hint = 'name the directory that has the logs of the run: a directory for each tree';
    return error('usage', `--logs is not a directory: ${logs}`, { hint });
  }
  if (output === undefined) {
    return io.outWidth() === undefined
      ? undefined
      : error('usage', 'a page is not for a terminal', { hint: 'write it to a file: -o FILE' });
  }
  const path = resolve(io.cwd, output);
  return path === resolve(io.cwd, file)
    ? error('usage', `the page would replace the report: ${output}`, { hint: 'name another file' })
    : trackedLink(path, output);
}

function isDirectory(path: string): boolean {
  try {
    return lookAt(path)?.isDirectory() === true;
  } catch {
    return false;
  }
}
