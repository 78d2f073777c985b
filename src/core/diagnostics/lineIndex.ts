/**
 * Where the lines of a text begin. Texts are asked about again and again, once for each value or
 * problem in them, so the index of the last one is kept: counting from the start each time would be
 * quadratic.
 */
let indexed = '';
let starts: readonly number[] = [0];

function startsOf(text: string): readonly number[] {
  if (text !== indexed) {
    const found = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      found.push(at + 1);
    }
    indexed = text;
    starts = found;
  }
  return starts;
}

/** The line (from 1) that an offset is in. */
export function lineAt(text: string, offset: number): number {
  const all = startsOf(text);
  let low = 0;
  let high = all.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((all[middle] ?? 0) <= offset) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low + 1;
}

/** The offset at which a line (from 1) begins; the length of the text where it has no such line. */
export function startOfLine(text: string, line: number): number {
  return startsOf(text)[line - 1] ?? text.length;
}

/** A line (from 1) without its line feed; empty where the text has no such line. */
export function textOfLine(text: string, line: number): string {
  const all = startsOf(text);
  const start = all[line - 1];
  if (start === undefined) {
    return '';
  }
  const next = all[line];
  return text.slice(start, next === undefined ? text.length : next - 1);
}
