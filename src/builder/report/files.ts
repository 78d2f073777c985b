import { resolve } from 'node:path';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { writeFile } from '#core/files/writeFile.js';
import { type RunFacts, reportDocument } from './document.js';
import { junit } from './junit.js';
import type { Recorder } from './record.js';

/** Where reports are written, as the user named the files; none where it is absent. */
export interface ReportFiles {
  readonly reportFile?: string;
  readonly junitFile?: string;
}

/** Writes the reports that were asked for. Errors: a file that cannot be written. */
export function writeReports(
  { reportFile, junitFile }: ReportFiles,
  cwd: string,
  recorder: Recorder,
  facts: RunFacts,
): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const write = (file: string | undefined, text: () => string): void => {
    if (file === undefined) {
      return;
    }
    const problem = writeFile(resolve(cwd, file), file, text());
    if (problem !== undefined) {
      problems.push(problem);
    }
  };
  write(reportFile, () => `${JSON.stringify(reportDocument(recorder, facts), null, 2)}\n`);
  write(junitFile, () => junit(recorder.records.values(), facts.unnamed));
  return problems;
}
