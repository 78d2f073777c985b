import { toRfc3339 } from './date.js';

/** The last line of a changelog block: ` -- Name <address>  date`. */
export interface Trailer {
  /** `Name <address>`; absent where the line does not have both. */
  readonly author?: string;
  /** As it is written; absent where there is none. */
  readonly date?: string;
  /** The date in RFC 3339; absent where it cannot be read. */
  readonly created?: string;
  /** What is wrong with the line, as a clause after "the trailer"; absent where nothing is. */
  readonly problem?: string;
}

export const trailerExample = ' -- Name <name@example.org>  Sun, 16 Aug 2026 06:00:34 +0000';

/** Whether a line closes a block, well or badly. Changes are indented by two spaces or more. */
export function looksLikeTrailer(line: string): boolean {
  return /^\s?--(?:\s|$)/.test(line);
}

/** Reads a line that looksLikeTrailer. What cannot be read is left out, and `problem` says so. */
export function parseTrailer(line: string): Trailer {
  const strict = strictParts(line);
  const parts = strict ?? looseParts(line);
  if (parts === undefined) {
    return { problem: 'has no "Name <address>"' };
  }
  const author = `${parts.name} <${parts.address}>`;
  const date = parts.date.trimEnd();
  if (date === '') {
    return { author, problem: 'has no date' };
  }
  const created = toRfc3339(date);
  if (created === undefined) {
    return { author, date, problem: `has the unreadable date "${date}"` };
  }
  if (strict === undefined) {
    return { author, date, created, problem: 'is not written as " -- …"' };
  }
  if (strict.blanks === 1) {
    return { author, date, created, problem: 'has one space before the date instead of two' };
  }
  return { author, date, created };
}

interface Parts {
  readonly name: string;
  readonly address: string;
  readonly date: string;
  /** Before the date. */
  readonly blanks: number;
}

/** ` -- (.*) <(.*)>( {1,2})(\S.*)`, searched from the end: a regular expression tries every pair of brackets. */
function strictParts(line: string): Parts | undefined {
  if (!line.startsWith(' -- ')) {
    return undefined;
  }
  const date = /> {1,2}(?=\S)/g;
  let close: RegExpExecArray | undefined;
  for (const found of line.matchAll(date)) {
    close = found;
  }
  if (close === undefined) {
    return undefined;
  }
  const open = line.lastIndexOf(' <', close.index - 2);
  if (open < 4) {
    return undefined;
  }
  return {
    name: line.slice(4, open),
    address: line.slice(open + 2, close.index),
    date: line.slice(close.index + close[0].length),
    blanks: close[0].length - 1,
  };
}

/** `\s?--\s*(.*?)\s*<([^>]*)>\s*(.*)`. */
function looseParts(line: string): Parts | undefined {
  const start = line.indexOf('--') + 2;
  const open = line.indexOf('<', start);
  const close = open === -1 ? -1 : line.indexOf('>', open);
  if (close === -1) {
    return undefined;
  }
  return {
    name: line.slice(start, open).trim(),
    address: line.slice(open + 1, close),
    date: line.slice(close + 1).trim(),
    blanks: 0,
  };
}
