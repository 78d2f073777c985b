import { asDigest } from '#adapters/registry/digest.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readBytes } from '#core/files/readBytes.js';
import type { Digest } from '#core/reference/brands.js';

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

/** No run makes a longer one, in bytes. */
const longest = 256 * 1024 * 1024;

/** What `build --report` says of `latest`. `shown` is the file as the user named it. */
export function readReport(path: string, shown: string): ReportReading {
  const wrong = (message: string, hint?: string): ReportReading => ({
    kind: 'wrong',
    problem: error('report-file', message, {
      place: { file: shown },
      ...(hint === undefined ? {} : { hint }),
    }),
  });
  let text: string;
  try {
    text = readBytes(path, longest).toString('utf8');
  } catch (cause) {
    return wrong(`the report ${whyNot(cause)}`);
  }
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch {
    return wrong('not a report: it is not JSON', reportHint);
  }
  if (!isTable(report) || report.schema !== 1 || !Array.isArray(report.latest)) {
    return wrong('not a report of schema 1', reportHint);
  }
  const moved: MovedLatest[] = [];
  for (const entry of report.latest as readonly unknown[]) {
    const name = isTable(entry) && typeof entry.repository === 'string' ? entry.repository : '?';
    if (isTable(entry) && !('before' in entry)) {
      const message = `the report does not say what latest of ${name} was before: an older generate-bake wrote it`;
      return wrong(message, 'take its images back one by one: generate-bake rollback IMAGE');
    }
    const one = movedOf(entry);
    if (one === undefined) {
      return wrong(`the report is damaged: latest of ${name} cannot be read`, reportHint);
    }
    moved.push(one);
  }
  return { kind: 'read', moved };
}

const reportHint = 'name the file that build --report wrote';

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

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
