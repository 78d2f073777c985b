import { repositoryOf } from '#core/reference/reference.js';
import { withoutPrefix } from '#core/text/sharedPrefix.js';
import type { FormerLatest } from '../event.js';
import type { PageRecord, PageReport } from './readReport.js';
import { segmentsOf, type Timeline, timelineOf } from './timeline.js';

/** One image on the page. Indices are those of `PageModel.images`. */
export interface PageImage {
  /** Its name without what all names of the run begin with, and its version. */
  readonly name: string;
  readonly version: string;
  readonly reference: string;
  readonly ending: PageRecord['ending'];
  /** Sentences: why the run did with it what it did, the most important first. */
  readonly why: readonly string[];
  readonly owner?: string;
  /** Why it failed, was skipped, or was built and not published. */
  readonly reason?: string;
  /** It waits for approval: what differs from the version before, a line each. */
  readonly awaits?: readonly string[];
  readonly during?: string;
  readonly place?: string;
  readonly parents: readonly PageParent[];
  /** From its parent to the image that failed, which kept it from being built. */
  readonly chain?: readonly number[];
  readonly attempts: number;
  /** In milliseconds. */
  readonly buildMs?: number;
  readonly verifyMs?: number;
  readonly publishMs?: number;
  readonly steps?: number;
  readonly cachedSteps?: number;
  readonly tested?: boolean;
  /** Why its test was not run. */
  readonly untested?: string;
  readonly testedOn?: readonly string[];
  readonly untestedOn?: readonly string[];
  readonly digest?: string;
  readonly staged?: string;
  /** In bytes. */
  readonly size?: number;
  readonly before?: { readonly version?: string; readonly size?: number };
  /** It is on the chain of images that took longest. */
  readonly critical?: true;
}

interface PageParent {
  readonly name: string;
  readonly digest?: string;
  /** Absent: the run knows nothing of it. */
  readonly image?: number;
}

/** What a page shows of a run, without logs and pictures. */
export interface PageModel {
  /** RFC 3339. */
  readonly started: string;
  readonly ended: string;
  readonly milliseconds: number;
  readonly exitCode: number;
  readonly interrupted: boolean;
  readonly engine?: PageReport['engine'];
  readonly revision?: PageReport['revision'];
  /** What all references begin with: empty, or `registry.example/images/`. */
  readonly prefix: string;
  readonly critical: { readonly images: readonly number[]; readonly milliseconds: number };
  /** What failed first; otherwise in the order of the report, parents before children. */
  readonly images: readonly PageImage[];
  readonly unnamed: NonNullable<PageReport['unnamed']>;
  readonly timeline: Timeline;
}

/** What needs somebody first. */
export const endings = [
  'failed',
  'skipped',
  'unfinished',
  'published',
  'built',
  'untouched',
] as const satisfies readonly PageRecord['ending'][];

/** The records in the order in which a page shows them. */
export function inPageOrder(images: readonly PageRecord[]): readonly PageRecord[] {
  return endings.flatMap((ending) => images.filter((image) => image.ending === ending));
}

/** What the page of a run shows. Pure. `prefix`: what all references begin with. */
export function pageModel(report: PageReport, prefix: string): PageModel {
  const records = inPageOrder(report.images);
  const run = { from: Date.parse(report.started), to: Date.parse(report.ended) };
  const indices = new Map<string, number>(records.map(({ reference }, at) => [reference, at]));
  const critical = (report.criticalPath?.images ?? []).flatMap(
    (reference) => indices.get(reference) ?? [],
  );
  const onPath = new Set(critical);
  const former = formerImages(report);
  const byReference = new Map<string, PageRecord>(
    records.map((record) => [record.reference, record]),
  );
  const short = (text: string): string => (prefix === '' ? text : text.replaceAll(prefix, ''));
  const images = records.map((record, at): PageImage => {
    const before = record.digest === undefined ? undefined : former.get(formerKey(record));
    const chain =
      record.ending === 'skipped'
        ? chainOf(record, byReference).flatMap((each) => indices.get(each) ?? [])
        : [];
    return {
      ...namesOf(record.reference, prefix),
      ...factsOf(record),
      why: sentencesOf(record).map(short),
      ...(record.reason === undefined ? {} : { reason: short(record.reason) }),
      parents: record.parents.map(({ reference, ...known }): PageParent => {
        const image = indices.get(reference);
        // Of a parent that the run built itself, the digest is known since its push.
        const digest = known.digest ?? byReference.get(reference)?.digest;
        return {
          name: withoutPrefix(reference, prefix),
          ...(digest === undefined ? {} : { digest }),
          ...(image === undefined ? {} : { image }),
        };
      }),
      ...(chain.length === 0 ? {} : { chain }),
      ...(before && { before: { ...pick(before, 'version'), ...pick(before, 'size') } }),
      ...(onPath.has(at) ? { critical: true } : {}),
    };
  });
  return {
    started: report.started,
    ended: report.ended,
    milliseconds: Math.max(0, run.to - run.from),
    exitCode: report.exitCode,
    interrupted: report.interrupted,
    ...pick(report, 'engine'),
    ...pick(report, 'revision'),
    prefix,
    critical: { images: critical, milliseconds: report.criticalPath?.milliseconds ?? 0 },
    images,
    unnamed: report.unnamed ?? [],
    timeline: timelineOf(
      report.engine?.builder ?? 'no engine',
      records.map((record) => segmentsOf(record, run)),
    ),
  };
}

function namesOf(
  reference: string,
  prefix: string,
): Pick<PageImage, 'name' | 'version' | 'reference'> {
  const repository = repositoryOf(reference);
  return {
    name: withoutPrefix(repository, prefix),
    version: reference.slice(repository.length + 1),
    reference,
  };
}

const kept = [
  ...([
    'owner',
    'reason',
    'awaits',
    'during',
    'place',
    'buildMs',
    'verifyMs',
    'publishMs',
  ] as const),
  ...(['steps', 'cachedSteps', 'tested', 'untested', 'testedOn', 'untestedOn', 'digest'] as const),
  ...(['staged', 'size'] as const),
] as const;

/** What the page has of a record as it is. */
function factsOf(
  record: PageRecord,
): Pick<PageRecord, 'ending' | 'attempts' | (typeof kept)[number]> {
  const facts: Record<string, unknown> = {};
  for (const name of kept) {
    if (record[name] !== undefined) {
      facts[name] = record[name];
    }
  }
  return { ending: record.ending, attempts: record.attempts, ...facts };
}

/** Older reports have no reasons as data. */
function sentencesOf({ reasons, why }: PageRecord): readonly string[] {
  const texts = [...new Set(reasons?.map(({ text }) => text))];
  return texts.length === 0 ? [why] : texts;
}

/** What `latest` was at before it was moved to an image of the run, by repository and new digest. */
function formerImages({ latest = [] }: PageReport): ReadonlyMap<string, FormerLatest> {
  return new Map(
    latest.flatMap(({ repository, digest, before }) =>
      before ? [[`${repository}@${digest}`, before] as const] : [],
    ),
  );
}

function formerKey({ reference, digest }: PageRecord): string {
  return `${repositoryOf(reference)}@${digest}`;
}

/** The shortest way up from an image to one that failed, without the image itself; empty: there is none. */
function chainOf(
  image: PageRecord,
  byReference: ReadonlyMap<string, PageRecord>,
): readonly string[] {
  const ways = new Map<string, readonly string[]>([[image.reference, []]]);
  const queue = [image];
  for (const each of queue) {
    const way = ways.get(each.reference) ?? [];
    for (const { reference } of each.parents) {
      const parent = byReference.get(reference);
      if (parent === undefined || ways.has(reference)) {
        continue;
      }
      const longer = [...way, reference];
      if (parent.ending === 'failed') {
        return longer;
      }
      if (parent.ending === 'skipped') {
        ways.set(reference, longer);
        queue.push(parent);
      }
    }
  }
  return [];
}

function pick<T extends object, K extends keyof T>(from: T, key: K): Partial<Pick<T, K>> {
  const found: Partial<Pick<T, K>> = {};
  if (from[key] !== undefined) {
    found[key] = from[key];
  }
  return found;
}
