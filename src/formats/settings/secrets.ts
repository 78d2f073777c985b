import type { Place } from '#core/diagnostics/diagnostic.js';

/**
 * Configuration keys whose values appear nowhere: not in messages, not in excerpts, and not among
 * the variables of templates (one that reads them must fail).
 */
export const secretVariables: readonly string[] = ['password'];

const names = secretVariables.join('|');
/** `password:`, `"password" =`, `{password:`, and YAML's `? password` with the value on a later line. */
const opening = new RegExp(`(?:^|[\\s{,?"'.])(?:${names})["']?[ \\t]*(?:[:=]|$)`, 'gm');
const nextKey = /^(?:["']?[\w.-]+["']?\s*[:=]|\[|#|---|\.\.\.)/m;

/**
 * The place with an excerpt that is safe to print: what follows a secret's key, over as many lines
 * as its value may take, and credentials inside URLs are left out of it.
 */
export function withoutSecrets(place: Place, text: string): Place {
  if (place.lineText === undefined || place.line === undefined) {
    return place;
  }
  const from = startOfSecret(text, place.line);
  const line = from === undefined ? place.lineText : `${place.lineText.slice(0, from)}…`;
  const lineText = line.replace(/\/\/[^/\s@]*@/g, '//…@');
  if (lineText === place.lineText) {
    return place;
  }
  const column = Math.min(place.column ?? 1, lineText.length);
  return { ...place, lineText, column, length: 1 };
}

/** Whether a line (from 1) holds a secret value or a part of one. */
export function holdsSecret(text: string, line: number): boolean {
  return startOfSecret(text, line) !== undefined;
}

/** The column (from 0) from which on a line (from 1) must not be shown. */
function startOfSecret(text: string, line: number): number | undefined {
  if (!secretVariables.some((name) => text.includes(name))) {
    return undefined;
  }
  let lineStart = 0;
  for (let at = 1; at < line; at++) {
    lineStart = text.indexOf('\n', lineStart) + 1;
  }
  const newline = text.indexOf('\n', lineStart);
  const lineEnd = newline === -1 ? text.length : newline;
  for (const found of text.slice(0, lineEnd).matchAll(opening)) {
    const start = found.index + found[0].length;
    if (start >= lineStart || endOfValue(text, start) > lineStart) {
      return Math.max(0, start - lineStart);
    }
  }
  return undefined;
}

/** Where a value that begins here ends at the latest: its closing quote, or the next key's line. */
function endOfValue(text: string, start: number): number {
  const rest = text.slice(start);
  const quote = /^\s*("""|'''|"|')/.exec(rest);
  if (quote?.[1] !== undefined) {
    const closed = rest.indexOf(quote[1], quote[0].length);
    return closed === -1 ? text.length : start + closed;
  }
  const endOfLine = rest.indexOf('\n');
  if (endOfLine === -1) {
    return text.length;
  }
  const next = rest.slice(endOfLine + 1).search(nextKey);
  return next === -1 ? text.length : start + endOfLine + 1 + next;
}
