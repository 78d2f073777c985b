import { asDigest } from '#adapters/registry/digest.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import type { Digest } from '#core/reference/brands.js';
import { isTable, openReport, reportHint, wrongReport } from '#fleet/reports/openReport.js';

/** A `latest` that a run moved, as its report has it. */
export interface MovedLatest {
  readonly repository: string;
  /** Of the version that it was moved to. */
  readonly digest: Digest;
  readonly version?: string;
  /** What it was at; null: there was none. */
  readonly before: { readonly digest: Digest; readonly version?: string } | null;
}

export type ReportReading =
  | { readonly kind: 'read'; readonly moved: readonly MovedLatest[] }
  | { readonly kind: 'wrong'; readonly problem: Diagnostic };

/** What `build --report` says of `latest`. `shown` is the file as the user named it. */
export function readReport(path: string, shown: string): ReportReading {
  const opened = openReport(path, shown);
  if (opened.kind === 'wrong') {
    return opened;
  }
  const { report } = opened;
  if (!Array.isArray(report.latest)) {
    return wrongReport(shown, 'not a report of schema 1', reportHint);
  }
  const moved: MovedLatest[] = [];
  for (const entry of report.latest as readonly unknown[]) {
    const name = isTable(entry) && typeof entry.repository === 'string' ? entry.repository : '?';
    if (isTable(entry) && !('before' in entry)) {
      const message = `the report does not say what latest of ${name} was before: an older generate-bake wrote it`;
      return wrongReport(
        shown,
        message,
        'take its images back one by one: generate-bake rollback IMAGE',
      );
    }
    const one = movedOf(entry);
    if (one === undefined) {
      const message = `the report is damaged: latest of ${name} cannot be read`;
      return wrongReport(shown, message, reportHint);
    }
    moved.push(one);
  }
  return { kind: 'read', moved };
}

function movedOf(entry: unknown): MovedLatest | undefined {
  if (!isTable(entry) || typeof entry.repository !== 'string') {
    return undefined;
  }
  const at = imageOf(entry);
  const before = entry.before === null ? null : imageOf(entry.before);
  return at === undefined || before === undefined
    ? undefined
    : { repository: entry.repository, ...at, before };
}

function imageOf(
  value: unknown,
): { readonly digest: Digest; readonly version?: string } | undefined {
  if (!isTable(value) || typeof value.digest !== 'string') {
    return undefined;
  }
  const digest = asDigest(value.digest);
  if (digest === undefined) {
    return undefined;
  }
  return { digest, ...(typeof value.version === 'string' ? { version: value.version } : {}) };
}
