import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readBytes } from '#core/files/readBytes.js';

export type Table = Readonly<Record<string, unknown>>;

export type ReportOpening =
  | { readonly kind: 'read'; readonly report: Table }
  | { readonly kind: 'wrong'; readonly problem: Diagnostic };

/** No run makes a longer one, in bytes. */
const longest = 256 * 1024 * 1024;

export const reportHint = 'name the file that build --report wrote';

/** Reads what `build --report` wrote, as far as it is a report. `shown` is the file as the user named it. */
export function openReport(path: string, shown: string): ReportOpening {
  let text: string;
  try {
    text = readBytes(path, longest).toString('utf8');
  } catch (cause) {
    return wrongReport(shown, `the report ${whyNot(cause)}`);
  }
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch {
    return wrongReport(shown, 'not a report: it is not JSON', reportHint);
  }
  return isTable(report) && report.schema === 1
    ? { kind: 'read', report }
    : wrongReport(shown, 'not a report of schema 1', reportHint);
}

export function wrongReport(
  shown: string,
  message: string,
  hint?: string,
): Extract<ReportOpening, { kind: 'wrong' }> {
  const more = { place: { file: shown }, ...(hint === undefined ? {} : { hint }) };
  return { kind: 'wrong', problem: error('report-file', message, more) };
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
