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

const strictPattern = /^ -- (.*) <(.*)>( {1,2})(\S.*)$/s;
const loosePattern = /^\s?--\s*(.*?)\s*<([^>]*)>\s*(.*)$/s;

/** Whether a line closes a block, well or badly. Changes are indented by two spaces or more. */
export function looksLikeTrailer(line: string): boolean {
  return /^\s?--(?:\s|$)/.test(line);
}

/** Reads a line that looksLikeTrailer. What cannot be read is left out, and `problem` says so. */
export function parseTrailer(line: string): Trailer {
  const strict = strictPattern.exec(line);
  const match = strict ?? loosePattern.exec(line);
  if (match === null) {
    return { problem: 'has no "Name <address>"' };
  }
  const author = `${match[1] ?? ''} <${match[2] ?? ''}>`;
  const date = ((strict === null ? match[3] : match[4]) ?? '').trimEnd();
  if (date === '') {
    return { author, problem: 'has no date' };
  }
  const created = toRfc3339(date);
  if (created === undefined) {
    return { author, date, problem: `has the unreadable date "${date}"` };
  }
  if (strict === null) {
    return { author, date, created, problem: 'is not written as " -- …"' };
  }
  if (strict[3] === ' ') {
    return { author, date, created, problem: 'has one space before the date instead of two' };
  }
  return { author, date, created };
}
