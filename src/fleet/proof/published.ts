import { asDigest } from '#adapters/registry/digest.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { repositoryOf } from '#core/reference/reference.js';
import { isTable, openReport, reportHint, type Table, wrongReport } from '../reports/openReport.js';

/** An image that a run published, as its report has it. */
export interface PublishedImage {
  /** `REPOSITORY:VERSION` */
  readonly reference: string;
  readonly repository: Repository;
  readonly digest: Digest;
  /** What its `latest` was at before; absent: the run did not move it, or there was none. */
  readonly before?: { readonly digest: Digest; readonly version?: string };
}

export type PublishedReading =
  | {
      readonly kind: 'read';
      readonly report: Table;
      readonly published: readonly PublishedImage[];
    }
  | { readonly kind: 'wrong'; readonly problem: Diagnostic };

/** What `build --report` says was published. `shown` is the file as the user named it. */
export function readPublished(path: string, shown: string): PublishedReading {
  const opened = openReport(path, shown);
  if (opened.kind === 'wrong') {
    return opened;
  }
  const { report } = opened;
  if (!Array.isArray(report.images) || !Array.isArray(report.latest)) {
    return wrongReport(shown, 'not a report of schema 1', reportHint);
  }
  const before = new Map(
    (report.latest as readonly unknown[]).flatMap((entry) => {
      const at = isTable(entry) ? versionIn(entry.before) : undefined;
      return isTable(entry) && at !== undefined ? [[entry.repository, at] as const] : [];
    }),
  );
  const published: PublishedImage[] = [];
  for (const image of report.images as readonly unknown[]) {
    if (!isTable(image) || typeof image.reference !== 'string') {
      const message = 'the report is damaged: an image has no reference';
      return wrongReport(shown, message, reportHint);
    }
    const { reference } = image;
    if (image.ending !== 'published') {
      continue;
    }
    const digest = typeof image.digest === 'string' ? asDigest(image.digest) : undefined;
    if (digest === undefined) {
      const message = `the report is damaged: ${reference} is published and has no digest`;
      return wrongReport(shown, message, reportHint);
    }
    const repository = repositoryOf(reference);
    const earlier = before.get(repository);
    published.push({
      reference,
      repository,
      digest,
      ...(earlier === undefined || earlier.digest === digest ? {} : { before: earlier }),
    });
  }
  return { kind: 'read', report, published };
}

function versionIn(value: unknown): PublishedImage['before'] {
  const digest =
    isTable(value) && typeof value.digest === 'string' ? asDigest(value.digest) : undefined;
  if (digest === undefined) {
    return undefined;
  }
  const version = isTable(value) && typeof value.version === 'string' ? value.version : undefined;
  return { digest, ...(version === undefined ? {} : { version }) };
}
