import type { Reference } from '#core/reference/brands.js';
import type { ImageRecord } from './record.js';
import { lengthOf, mergedSpans, type Span } from './spans.js';

/** Images that are each built on the one before, and how long one of them was built, in milliseconds. */
export interface CriticalPath {
  readonly images: readonly Reference[];
  readonly milliseconds: number;
}

interface Path {
  readonly images: readonly Reference[];
  readonly spans: readonly Span[];
  readonly milliseconds: number;
}

const none: Path = { images: [], spans: [], milliseconds: 0 };

/**
 * The chain of images that took longest: what bounds the run. Times in which two of them ran count once (a
 * child begins while its parent is still exported), so that no chain is longer than the run.
 */
export function criticalPath(records: ReadonlyMap<Reference, ImageRecord>): CriticalPath {
  const longest = new Map<string, Path>();
  const visit = (reference: string): Path => {
    const known = longest.get(reference);
    if (known !== undefined) {
      return known;
    }
    const record = records.get(reference as Reference);
    if (record?.buildMs === undefined) {
      return none;
    }
    const above = record.parents.map((parent) => visit(parent.reference)).reduce(longer, none);
    const spans = mergedSpans([...above.spans, ...(record.buildSpans ?? [])]);
    const images = [...above.images, record.reference];
    const own = { images, spans, milliseconds: lengthOf(spans) };
    longest.set(reference, own);
    return own;
  };
  const { images, milliseconds } = [...records.keys()].map(visit).reduce(longer, none);
  return { images, milliseconds };
}

/** The first of the two where they are equal. */
function longer(one: Path, other: Path): Path {
  return other.milliseconds > one.milliseconds ? other : one;
}
