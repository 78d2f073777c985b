import { resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { markdownSummary, type SummaryFacts } from '#builder/report/markdown.js';
import type { ImageRecord } from '#builder/report/record.js';
import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import { appendText, sizeOf } from '#core/files/appendText.js';
import { writeFile } from '#core/files/writeFile.js';
import type { Io } from './terminal/io.js';

/** What GitHub takes of a step, in bytes: of more it shows nothing. */
const most = 1024 * 1024;

/** In less than this nothing can be said. */
const least = 4096;

/**
 * Writes the summary of a run in Markdown: into the file that the user names (`--summary`), else, in GitHub
 * Actions, to the end of the summary of the step. A run is not judged by its summary: what is wrong with the
 * file is a warning.
 */
export function writeSummary(
  given: string | undefined,
  records: Iterable<ImageRecord>,
  facts: SummaryFacts,
  { cwd, env }: Pick<Io, 'cwd' | 'env'>,
): readonly Diagnostic[] {
  const ofStep = env.GITHUB_ACTIONS === 'true' ? env.GITHUB_STEP_SUMMARY || undefined : undefined;
  const shown = given ?? ofStep;
  if (shown === undefined) {
    return [];
  }
  const path = resolve(cwd, shown);
  // What earlier commands of the step wrote stays.
  const isStep = ofStep !== undefined && path === resolve(cwd, ofStep);
  const before = isStep ? sizeOf(path) : 0;
  if (before > most - least) {
    const message = `${shown} has no room for the summary of this run: ${before} bytes of 1 MiB are used`;
    return [warning('unwritable', message, { place: { file: shown } })];
  }
  const text = markdownSummary(records, facts, most - before - 1);
  const problem =
    (isStep ? undefined : trackedLink(path, shown)) ??
    (isStep
      ? appendText(path, shown, before === 0 ? text : `\n${text}`)
      : writeFile(path, shown, text));
  return problem === undefined ? [] : [{ ...problem, severity: 'warning' }];
}
