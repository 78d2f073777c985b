/**
 * White space as the Dockerfile frontend knows it. It is written in Go, whose notion differs from
 * that of JavaScript's trim() and \s (U+0085 is a space there, U+FEFF is not).
 */

/** Go's unicode.IsSpace. */
export function isSpace(code: number): boolean {
  if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) {
    return true;
  }
  if (code < 0x80) {
    return false;
  }
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** What separates the words of an instruction: less than isSpace. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0b || code === 0x0c || code === 0x0d;
}

/** The first index from `from` on that is not a space; `end` if there is none. */
export function skipSpace(text: string, from: number, end = text.length): number {
  let at = from;
  while (at < end && isSpace(text.charCodeAt(at))) {
    at++;
  }
  return at;
}

/** The end of `text` once trailing spaces are gone, not below `from`. */
export function trimmedEnd(text: string, from: number, end = text.length): number {
  let at = end;
  while (at > from && isSpace(text.charCodeAt(at - 1))) {
    at--;
  }
  return at;
}

export function trimSpace(text: string): string {
  const start = skipSpace(text, 0);
  const end = trimmedEnd(text, start);
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** Words between blanks. A text that begins or ends with blanks gives empty words there. */
export function splitBlanks(text: string): string[] {
  return text.split(/[\t\v\f\r ]+/);
}
