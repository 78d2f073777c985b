import type { Place } from '#core/diagnostics/diagnostic.js';
import { startOfLine, textOfLine } from '#core/diagnostics/lineIndex.js';
import { edits } from '#core/text/edits.js';

/**
 * Configuration keys whose values appear nowhere: not in messages, not in excerpts, and not among
 * the variables of templates (one that reads them must fail).
 */
export const secretVariables: readonly string[] = ['password'];

/** A key and what ends it: `password:`, `"password" =`, `{password:`, `? password` alone on its line. */
const opening = /(?:^|[\s{,?"'.])([\w-]{4,12})["']?[ \t]*(?:[:=]|$)/gm;
const nextKey = /^(?:["']?[\w.-]+["']?\s*[:=]|\[|#|---|\.\.\.)/gm;

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

/** Whether a key is one of the secrets', or looks like one that was meant to be. */
function isSecret(key: string): boolean {
  const word = key.toLowerCase().replace(/[-_]/g, '');
  return secretVariables.some((name) => word === name || edits(word, name) <= 2);
}

/** The column (from 0) from which on a line (from 1) must not be shown. */
function startOfSecret(text: string, line: number): number | undefined {
  const secrets = secretsOf(text);
  if (secrets.length === 0) {
    return undefined;
  }
  const lineStart = startOfLine(text, line);
  const lineEnd = lineStart + textOfLine(text, line).length;
  // The first one that begins in the line or ends in it or later: neither gets smaller.
  let low = 0;
  let high = secrets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { start = 0, furthest = 0 } = secrets[middle] ?? {};
    if (start >= lineStart || furthest > lineStart) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const found = secrets[low];
  return found === undefined || found.start > lineEnd
    ? undefined
    : Math.max(0, found.start - lineStart);
}

interface Secret {
  /** Where its value begins. */
  readonly start: number;
  /** Where its value and those before it end at the latest. */
  readonly furthest: number;
}

/** Of the last text: a place is asked for each value of a file. */
let read: { readonly text: string; readonly secrets: readonly Secret[] } | undefined;

function secretsOf(text: string): readonly Secret[] {
  if (read?.text !== text) {
    const secrets: Secret[] = [];
    const ends = new Ends(text);
    let furthest = 0;
    for (const found of text.matchAll(opening)) {
      if (isSecret(found[1] ?? '')) {
        const start = found.index + found[0].length;
        furthest = Math.max(furthest, ends.after(start));
        secrets.push({ start, furthest });
      }
    }
    read = { text, secrets };
  }
  return read.secrets;
}

/** Where values end; what is searched for twice is remembered, so that all of them take linear time. */
class Ends {
  readonly #text: string;
  readonly #unclosed = new Set<string>();
  /** The last end of a line that a value was asked for on, and the end that was found. */
  #line = { end: -1, result: 0 };

  constructor(text: string) {
    this.#text = text;
  }

  /** Where a value that begins here ends at the latest: its closing quote, or the next key's line. */
  after(start: number): number {
    const text = this.#text;
    const blanks = /\s*/y;
    blanks.lastIndex = start;
    const at = start + (blanks.exec(text)?.[0].length ?? 0);
    const quote = ['"""', "'''", '"', "'"].find((one) => text.startsWith(one, at));
    if (quote !== undefined) {
      const closed = this.#unclosed.has(quote) ? -1 : text.indexOf(quote, at + quote.length);
      if (closed === -1) {
        this.#unclosed.add(quote);
        return text.length;
      }
      return closed;
    }
    const end = text.indexOf('\n', start);
    if (end === -1) {
      return text.length;
    }
    if (end !== this.#line.end) {
      nextKey.lastIndex = end + 1;
      this.#line = { end, result: nextKey.exec(text)?.index ?? text.length };
    }
    return this.#line.result;
  }
}
