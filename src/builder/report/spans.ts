/** A time in which something ran: when it began and when it ended, in milliseconds since 1970. */
export type Span = readonly [from: number, to: number];

/** The same times in order, those that overlap or touch as one, and those of no length left out. */
export function mergedSpans(spans: readonly Span[]): readonly Span[] {
  const merged: [number, number][] = [];
  for (const [from, to] of [...spans].sort(([one], [other]) => one - other)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) {
      last[1] = Math.max(last[1], to);
    } else if (to > from) {
      merged.push([from, to]);
    }
  }
  return merged;
}

/** How long something ran in times that do not overlap, in milliseconds. */
export function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, [from, to]) => sum + to - from, 0);
}
