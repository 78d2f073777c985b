import { stepThrough } from '../limits.js';

/**
 * Python counts a string in code points, JavaScript in UTF-16 units. They differ only where there
 * are surrogates, which one look tells.
 */
const surrogate = /[\ud800-\udfff]/;

/** Python's white space, as `str.isspace` and `\s` know it; JavaScript's `\s` is another set. */
export const whitespaceClass =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const leadingSpace = new RegExp(`^[${whitespaceClass}]+`);
const onlySpace = new RegExp(`^[${whitespaceClass}]+$`);

export function isWide(text: string): boolean {
  stepThrough(text.length);
  return surrogate.test(text);
}

/** `len(text)` */
export function lengthOf(text: string): number {
  if (!isWide(text)) {
    return text.length;
  }
  let length = 0;
  for (const _ of text) {
    length++;
  }
  return length;
}

/** `text[from:to]` for indices within bounds, from ≤ to. */
export function substring(text: string, from: number, to: number): string {
  if (!isWide(text)) {
    return text.slice(from, to);
  }
  return Array.from(text).slice(from, to).join('');
}

/** The index in code points that a UTF-16 index stands for. */
export function codePointIndex(text: string, index: number): number {
  return index <= 0 ? index : lengthOf(text.slice(0, index));
}

/** The UTF-16 index of a code point, for an index within bounds. */
export function unitIndex(text: string, index: number): number {
  return isWide(text) ? substring(text, 0, index).length : index;
}

/** Compares as Python does: by code points, not by UTF-16 units. */
export function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  if (!isWide(a) && !isWide(b)) {
    return a < b ? -1 : 1;
  }
  const left = Array.from(a);
  const right = Array.from(b);
  for (let index = 0; index < left.length && index < right.length; index++) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return left.length - right.length;
}

export function isSpace(character: string): boolean {
  return onlySpace.test(character);
}

/** `text.lstrip()` */
export function stripStart(text: string): string {
  return text.replace(leadingSpace, '');
}

/** `text.rstrip()`: from the end by hand, since a pattern would go through the text again and again. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) {
    end--;
  }
  return text.slice(0, end);
}

export function strip(text: string): string {
  return stripEnd(stripStart(text));
}

const lineEnd = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;

/** `text.splitlines()` */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = [];
  let from = 0;
  for (const match of text.matchAll(lineEnd)) {
    const to = match.index + match[0].length;
    lines.push(text.slice(from, keepEnds ? to : match.index));
    from = to;
  }
  if (from < text.length) {
    lines.push(text.slice(from));
  }
  return lines;
}
