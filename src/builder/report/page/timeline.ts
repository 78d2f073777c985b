import { mergedSpans } from '../spans.js';
import type { PageRecord } from './readReport.js';

/** A part of an image's time, in milliseconds since 1970. */
export interface Segment {
  readonly kind: 'build' | 'verify' | 'publish';
  readonly from: number;
  readonly to: number;
}

/** One image's bar: when the run first did something with it and when nothing more was to be done. */
interface Bar {
  /** Its index among the images of the page. */
  readonly image: number;
  readonly from: number;
  readonly to: number;
  readonly segments: readonly Segment[];
}

/** Bars of one builder in rows, in each of which no two overlap. */
interface BuilderRows {
  readonly builder: string;
  readonly rows: readonly (readonly Bar[])[];
}

export interface Timeline {
  /** Milliseconds since 1970; both 0 where nothing has a time. */
  readonly from: number;
  readonly to: number;
  readonly builders: readonly BuilderRows[];
}

/** When a run began and ended, in milliseconds since 1970. */
export interface RunTime {
  readonly from: number;
  readonly to: number;
}

/** When something was done with an image, in order. What a clock that was set puts outside of the run is left out. */
export function segmentsOf(record: PageRecord, run: RunTime): readonly Segment[] {
  const { startedAt, verifyStartedAt, publishStartedAt, endedAt, verifyMs, publishMs } = record;
  const last = endedAt ?? run.to;
  const spans = mergedSpans(record.buildSpans ?? []);
  const segments: Segment[] = [];
  const add = (kind: Segment['kind'], begin: number | undefined, end: number): void => {
    const from = Math.max(begin ?? end, run.from);
    const to = Math.min(end, run.to);
    if (to > from) {
      segments.push({ kind, from, to });
    }
  };
  for (const [from, to] of spans) {
    add('build', from, to);
  }
  if (spans.length === 0) {
    // Of a build that failed or was cut off there are no spans.
    add('build', startedAt, verifyStartedAt ?? publishStartedAt ?? last);
  }
  const tested =
    verifyMs === undefined ? (publishStartedAt ?? last) : (verifyStartedAt ?? 0) + verifyMs;
  add('verify', verifyStartedAt, tested);
  add(
    'publish',
    publishStartedAt,
    publishMs === undefined ? last : (publishStartedAt ?? 0) + publishMs,
  );
  return segments.sort((one, other) => one.from - other.from);
}

/** Puts each image's bar in the first row that is free by then. */
export function timelineOf(builder: string, images: readonly (readonly Segment[])[]): Timeline {
  const bars = images
    .flatMap((segments, image): readonly Bar[] => {
      const [first] = segments;
      const to = segments.reduce((latest, segment) => Math.max(latest, segment.to), 0);
      return first === undefined ? [] : [{ image, from: first.from, to, segments }];
    })
    .sort((one, other) => one.from - other.from || one.to - other.to);
  const rows: Bar[][] = [];
  const ends: number[] = [];
  for (const bar of bars) {
    const free = ends.findIndex((end) => end <= bar.from);
    const at = free === -1 ? rows.length : free;
    const row = rows[at];
    if (row === undefined) {
      rows[at] = [bar];
    } else {
      row.push(bar);
    }
    ends[at] = bar.to;
  }
  return {
    from: bars[0]?.from ?? 0,
    to: Math.max(0, ...ends),
    builders: rows.length === 0 ? [] : [{ builder, rows }],
  };
}
