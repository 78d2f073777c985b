import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { isTable, openReport, reportHint, type Table, wrongReport } from './openReport.js';

/** What a report says of a run, as far as others build on it. */
export interface RunReport {
  /** RFC 3339. */
  readonly ended: string;
  /** The commit that was built, where git said it. */
  readonly commit?: string;
  readonly images: ReadonlyMap<string, RunImage>;
}

/** What became of one image. */
interface RunImage {
  readonly ending: string;
  readonly reason?: string;
  readonly during?: string;
  /** How long it was built, tested and published; absent: it was not built. */
  readonly milliseconds?: number;
}

export type RunReading =
  | { readonly kind: 'read'; readonly run: RunReport }
  | { readonly kind: 'wrong'; readonly problem: Diagnostic };

/** Reads a report of `build`. Fields that it lacks, since an older program wrote it, are not known. */
export function readRun(path: string, shown: string): RunReading {
  const opened = openReport(path, shown);
  if (opened.kind === 'wrong') {
    return opened;
  }
  const { ended, images, revision } = opened.report;
  if (typeof ended !== 'string' || !Array.isArray(images)) {
    return wrongReport(shown, 'not a report of schema 1', reportHint);
  }
  const known = new Map<string, RunImage>();
  for (const image of images as readonly unknown[]) {
    if (!isTable(image) || typeof image.reference !== 'string') {
      const message = 'the report is damaged: an image has no reference';
      return wrongReport(shown, message, reportHint);
    }
    known.set(image.reference, imageOf(image));
  }
  const commit = isTable(revision) ? textOf(revision.commit) : undefined;
  return {
    kind: 'read',
    run: { ended, ...(commit === undefined ? {} : { commit }), images: known },
  };
}

/** When the newest run ended that built this version of an image; RFC 3339. */
export function lastBuilt(reference: string, runs: readonly RunReport[]): string | undefined {
  return runs.find(({ images }) => images.get(reference)?.milliseconds !== undefined)?.ended;
}

/**
 * How long an image took in the newest run that built it, whatever its version was then.
 *
 * @param runs the newest first
 */
export function lastDuration(reference: string, runs: readonly RunReport[]): number | undefined {
  const repository = repositoryOf(reference);
  for (const { images } of runs) {
    const exact = images.get(reference)?.milliseconds;
    const [other] = [...images].flatMap(([each, { milliseconds }]) =>
      repositoryOf(each) === repository ? (milliseconds ?? []) : [],
    );
    if (exact !== undefined || other !== undefined) {
      return exact ?? other;
    }
  }
  return undefined;
}

function repositoryOf(reference: string): string {
  return reference.slice(0, reference.lastIndexOf(':'));
}

function imageOf(image: Table): RunImage {
  const reason = textOf(image.reason);
  const during = textOf(image.during);
  const times = [image.buildMs, image.verifyMs, image.publishMs].filter(
    (time) => typeof time === 'number',
  );
  return {
    ending: textOf(image.ending) ?? 'unfinished',
    ...(reason === undefined ? {} : { reason }),
    ...(during === undefined ? {} : { during }),
    ...(typeof image.buildMs === 'number'
      ? { milliseconds: times.reduce((sum, time) => sum + time, 0) }
      : {}),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
