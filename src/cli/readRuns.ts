import { resolve } from 'node:path';
import { type RunReport, readRun } from '#fleet/reports/readRun.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/** The reports, the newest first; undefined, and reported, where one cannot be read. */
export function readRuns(files: readonly string[], io: Io): readonly RunReport[] | undefined {
  const runs: RunReport[] = [];
  for (const file of files) {
    const reading = readRun(resolve(io.cwd, file), file);
    if (reading.kind === 'wrong') {
      report(io, [reading.problem]);
      return undefined;
    }
    runs.push(reading.run);
  }
  return runs.sort((a, b) => (a.ended < b.ended ? 1 : -1));
}
