import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { reportHint, type Table, wrongReport } from '#fleet/reports/openReport.js';
import type { ReportDocument } from '../document.js';
import type { ImageRecord } from '../record.js';

/** What a page is made of: a report, perhaps of an older program, which has fewer fields. */
export type PageReport = Pick<
  ReportDocument,
  'started' | 'ended' | 'exitCode' | 'interrupted' | 'engine'
> &
  Partial<
    Pick<ReportDocument, 'rebuildKey' | 'revision' | 'criticalPath' | 'latest' | 'unnamed'>
  > & {
    readonly images: readonly PageRecord[];
  };

export type PageRecord = Readonly<ImageRecord>;

export type PageReading =
  | { readonly kind: 'read'; readonly report: PageReport }
  | { readonly kind: 'wrong'; readonly problem: Diagnostic };

/** Takes what a file holds for a report if every field that a page shows is of its type; others are not looked at. */
export function readReport(report: Table, shown: string): PageReading {
  const wrong = reportFields(report, 'the report');
  return wrong === undefined
    ? // Each of its fields was looked at.
      { kind: 'read', report: report as unknown as PageReport }
    : wrongReport(shown, `the report is damaged: ${wrong}`, reportHint);
}

/** Says what is wrong with a value, which the place names; undefined: nothing is. */
type Check = (value: unknown, place: string) => string | undefined;

const text: Check = (value, place) =>
  typeof value === 'string' ? undefined : `${place} is not a text`;

const flag: Check = (value, place) =>
  typeof value === 'boolean' ? undefined : `${place} is not true or false`;

/** As far as a date goes, so that arithmetic stays exact. */
const most = 8.64e15;

const number: Check = (value, place) =>
  typeof value === 'number' && value >= 0 && value <= most
    ? undefined
    : `${place} is not a number from 0 to ${most}`;

const date: Check = (value, place) =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value))
    ? undefined
    : `${place} is not a date`;

function oneOf(...words: readonly string[]): Check {
  return (value, place) =>
    typeof value === 'string' && words.includes(value)
      ? undefined
      : `${place} is not one of ${words.join(', ')}`;
}

function optional(check: Check): Check {
  return (value, place) => (value === undefined ? undefined : check(value, place));
}

function listOf(check: Check): Check {
  return (value, place) => {
    if (!Array.isArray(value)) {
      return `${place} is not a list`;
    }
    for (const [at, each] of (value as readonly unknown[]).entries()) {
      const wrong = check(each, `${place}[${at}]`);
      if (wrong !== undefined) {
        return wrong;
      }
    }
    return undefined;
  };
}

function fields(checks: Readonly<Record<string, Check>>): Check {
  const entries = Object.entries(checks);
  return (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return `${place} is not an object`;
    }
    const own = new Map<string, unknown>(Object.entries(value));
    for (const [name, check] of entries) {
      const wrong = check(own.get(name), place === 'the report' ? name : `${place}.${name}`);
      if (wrong !== undefined) {
        return wrong;
      }
    }
    return undefined;
  };
}

const span: Check = (value, place) =>
  listOf(number)(value, place) ??
  (Array.isArray(value) && value.length === 2 && Number(value[0]) <= Number(value[1])
    ? undefined
    : `${place} is not a beginning and an end`);

const former: Check = (value, place) =>
  value === null
    ? undefined
    : fields({ digest: text, version: optional(text), size: optional(number) })(value, place);

const imageFields: Check = fields({
  reference: text,
  state: text,
  private: optional(flag),
  why: text,
  reasons: optional(listOf(fields({ kind: text, text }))),
  owner: optional(text),
  parents: listOf(fields({ reference: text, digest: optional(text) })),
  ending: oneOf('untouched', 'built', 'published', 'failed', 'skipped', 'unfinished'),
  reason: optional(text),
  awaits: optional(listOf(text)),
  during: optional(text),
  place: optional(text),
  tail: optional(listOf(text)),
  attempts: number,
  startedAt: optional(number),
  endedAt: optional(number),
  buildMs: optional(number),
  buildSpans: optional(listOf(span)),
  verifyStartedAt: optional(number),
  verifyMs: optional(number),
  publishStartedAt: optional(number),
  publishMs: optional(number),
  steps: optional(number),
  cachedSteps: optional(number),
  tested: optional(flag),
  untested: optional(text),
  testedOn: optional(listOf(text)),
  untestedOn: optional(listOf(text)),
  digest: optional(text),
  staged: optional(text),
  size: optional(number),
  log: optional(text),
});

const reportFields: Check = fields({
  started: date,
  ended: date,
  exitCode: number,
  interrupted: flag,
  engine: optional(fields({ docker: optional(text), buildx: text, builder: text })),
  rebuildKey: optional(text),
  revision: optional(fields({ commit: text, uncommitted: flag })),
  criticalPath: optional(fields({ images: listOf(text), milliseconds: number })),
  latest: optional(listOf(fields({ repository: text, digest: text, before: optional(former) }))),
  unnamed: optional(
    listOf(fields({ private: optional(flag), tree: text, path: text, reason: text })),
  ),
  images: listOf(imageFields),
});
