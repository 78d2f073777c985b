import { isBlank, isSpace, skipSpace, trimmedEnd } from './space.js';

/** A logical line taken apart: `RUN --mount=… apt-get …`. Offsets are into the logical line. */
export interface Command {
  /** As written: `RUN`, `run`. */
  readonly keyword: string;
  readonly flags: readonly Word[];
  readonly rest: string;
  readonly restAt: number;
}

export interface Word {
  /** Quotes and escape characters removed. */
  readonly text: string;
  readonly at: number;
  /** How long the word is as written. */
  readonly length: number;
}

const dash = 0x2d;
const noFlags: readonly Word[] = [];

/** Takes a logical line apart as BuildKit's splitCommand does. */
export function splitCommand(line: string, escapeChar: string): Command {
  const start = skipSpace(line, 0);
  const end = trimmedEnd(line, start);
  const space = line.search(/[\t\v\f\r ]/);
  let at = start === 0 && space !== -1 ? Math.min(space, end) : start;
  while (at < end && !isBlank(line.charCodeAt(at))) {
    at++;
  }
  const keyword = line.slice(start, at);
  while (at < end && isBlank(line.charCodeAt(at))) {
    at++;
  }
  if (line.charCodeAt(at) !== dash || line.charCodeAt(at + 1) !== dash) {
    const restAt = skipSpace(line, at, end);
    return { keyword, flags: noFlags, rest: line.slice(restAt, end), restAt };
  }
  const scan = scanFlags(line.slice(at, end), escapeChar);
  const restAt = skipSpace(line, at + scan.end, end);
  return {
    keyword,
    flags: scan.flags.map((flag) => ({ ...flag, at: flag.at + at })),
    rest: line.slice(restAt, end),
    restAt,
  };
}

/**
 * The words that begin with `--` at the start of `text`. BuildKit walks its bytes here, one
 * character each, so other text than ASCII is walked the same way.
 */
function scanFlags(text: string, escapeChar: string): { flags: Word[]; end: number } {
  const isAscii = /^[\x00-\x7f]*$/.test(text);
  const bytes = isAscii ? text : Buffer.from(text, 'utf8').toString('latin1');
  const scan = scanFlagBytes(bytes, escapeChar);
  if (isAscii) {
    return scan;
  }
  const units = (end: number) => Buffer.from(bytes.slice(0, end), 'latin1').toString('utf8').length;
  return {
    flags: scan.flags.map((flag) => ({
      text: flag.text,
      at: units(flag.at),
      length: units(flag.at + flag.length) - units(flag.at),
    })),
    end: units(scan.end),
  };
}

function scanFlagBytes(text: string, escapeChar: string): { flags: Word[]; end: number } {
  const flags: Word[] = [];
  let at = 0;
  for (;;) {
    at = skipSpace(text, at);
    if (text.charCodeAt(at) !== dash || text.charCodeAt(at + 1) !== dash) {
      return { flags, end: at };
    }
    const start = at;
    let word = '';
    let quote = '';
    for (; at < text.length; at++) {
      const char = text.charAt(at);
      if (quote === '' && isSpace(text.charCodeAt(at))) {
        break;
      }
      if (quote === '' && (char === "'" || char === '"')) {
        quote = char;
      } else if (char === quote) {
        quote = '';
      }
      // At the very end the escape character is dropped.
      else if (char === escapeChar) {
        word += text.charAt(++at);
      } else {
        word += char;
      }
    }
    at = Math.min(at, text.length);
    if (word === '--') {
      return { flags, end: at };
    }
    flags.push({ text: word, at: start, length: at - start });
  }
}

/**
 * The words of ARG, ENV and LABEL as BuildKit's parseWords splits them: at white space outside of
 * quotes; quotes and escape characters stay in the words.
 */
export function splitWords(text: string, escapeChar: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    at = skipSpace(text, at);
    if (at >= text.length) {
      return words;
    }
    const start = at;
    let quote = '';
    let wasQuoted = false;
    let dropped = false;
    for (; at < text.length; at++) {
      const char = text.charAt(at);
      if (quote === '' && isSpace(text.charCodeAt(at))) {
        break;
      }
      if (char === escapeChar && quote !== "'") {
        // Whatever follows belongs to the word; at the very end the character is dropped.
        if (at + 1 === text.length) {
          dropped = true;
        } else {
          at += text.codePointAt(at + 1) === text.charCodeAt(at + 1) ? 1 : 2;
        }
      } else if (quote === '' && (char === "'" || char === '"')) {
        quote = char;
        wasQuoted = true;
      } else if (char === quote) {
        quote = '';
      }
    }
    const word = text.slice(start, dropped ? at - 1 : at);
    if (word !== '' || wasQuoted) {
      words.push({ text: word, at: start, length: at - start });
    }
  }
}

/** The fields of a `--mount` value, which is one line of CSV; undefined where quotes do not close. */
export function splitCsv(text: string): string[] | undefined {
  if (!text.includes('"')) {
    return text === '' ? undefined : text.split(',');
  }
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text.charAt(at) !== '"') {
      const comma = text.indexOf(',', at);
      const field = text.slice(at, comma === -1 ? text.length : comma);
      if (field.includes('"')) {
        return undefined;
      }
      fields.push(field);
      if (comma === -1) {
        return fields;
      }
      at = comma + 1;
      continue;
    }
    const quoted = /"((?:[^"]|"")*)"(,|$)/sy;
    quoted.lastIndex = at;
    const match = quoted.exec(text);
    if (match === null) {
      return undefined;
    }
    fields.push((match[1] ?? '').replaceAll('""', '"'));
    if (match[2] === '') {
      return fields;
    }
    at = quoted.lastIndex;
  }
}

/** What an argument that may be a JSON array is. */
export type JsonForm = { readonly kind: 'array'; readonly items: readonly string[] } | NotAnArray;
type NotAnArray = { readonly kind: 'text' } | { readonly kind: 'other-items' };
const notAnArray: NotAnArray = { kind: 'text' };

/** Whether `rest` is read as a JSON array of strings (the exec form) or as plain text. */
export function jsonForm(rest: string): JsonForm {
  if (rest.charCodeAt(0) !== 0x5b) {
    return notAnArray;
  }
  let value: unknown;
  try {
    value = JSON.parse(rest);
  } catch {
    return notAnArray;
  }
  if (!Array.isArray(value)) {
    return notAnArray;
  }
  const items: string[] = [];
  for (const item of value) {
    if (typeof item !== 'string') {
      return { kind: 'other-items' };
    }
    items.push(item);
  }
  return { kind: 'array', items };
}
