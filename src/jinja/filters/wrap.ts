import { notSupported, valueError } from '../errors.js';
import { step } from '../limits.js';
import { codePointIndex, lengthOf, strip, substring } from '../operators/text.js';
import { settled } from '../operators/unicode.js';
import { lazily } from '../pattern.js';

const longest = 20_000;
const word = '[\\p{L}\\p{N}_]';
const letter = '[\\p{L}\\p{Nl}\\p{No}_]';
const punctuated = `[\\p{L}\\p{N}_!"'&.,?]`;
const space = '[\\t\\n\\v\\f\\r ]';
const solid = '[^\\t\\n\\v\\f\\r ]';

/** Python's textwrap: white space, dashes between words, and words that hyphens may break. */
const hyphenated = lazily(
  `(${space}+|(?<=${punctuated})-{2,}(?=${word})|${solid}+?(?:-(?:(?<=${letter}{2}-)|(?<=${letter}-${letter}-))(?=${letter}-?${letter})|(?=${space}|$)|(?<=${punctuated})(?=-{2,}${word})))`,
);
const simple = new RegExp(`(${space}+)`);

/** `textwrap.wrap` of one line: white space is kept within lines and dropped at their ends. */
export function wordWrap(
  text: string,
  width: number,
  breakLongWords: boolean,
  breakOnHyphens: boolean,
): string[] {
  if (width <= 0) {
    throw valueError(`invalid width ${width} (must be > 0)`);
  }
  if (text.length > longest) {
    throw notSupported(`wrapping a line of more than ${longest} letters`);
  }
  // The pattern looks around at every character.
  step(text.length >> 5);
  const chunks = settled(text)
    .split(breakOnHyphens ? hyphenated() : simple)
    .filter((chunk) => chunk !== undefined && chunk !== '')
    .reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    step();
    const line: string[] = [];
    let length = 0;
    if (lines.length > 0 && isBlank(chunks.at(-1))) {
      chunks.pop();
    }
    for (let chunk = chunks.at(-1); chunk !== undefined; chunk = chunks.at(-1)) {
      const size = lengthOf(chunk);
      if (length + size > width) {
        break;
      }
      line.push(chunk);
      chunks.pop();
      length += size;
    }
    if (lengthOf(chunks.at(-1) ?? '') > width) {
      if (breakLongWords) {
        breakWord(chunks, line, width - length, breakOnHyphens);
      } else if (line.length === 0) {
        line.push(chunks.pop() ?? '');
      }
    }
    if (isBlank(line.at(-1))) {
      line.pop();
    }
    if (line.length > 0) {
      lines.push(line.join(''));
    }
  }
  return lines;
}

function isBlank(chunk: string | undefined): boolean {
  return chunk !== undefined && strip(chunk) === '';
}

/** Puts as much of a word that is longer than a line into the line as there is room for. */
function breakWord(chunks: string[], line: string[], room: number, breakOnHyphens: boolean): void {
  const chunk = chunks.at(-1) ?? '';
  let end = room;
  if (breakOnHyphens) {
    const hyphen = substring(chunk, 0, room).lastIndexOf('-');
    if (hyphen > 0 && /[^-]/.test(chunk.slice(0, hyphen))) {
      end = codePointIndex(chunk, hyphen) + 1;
    }
  }
  line.push(substring(chunk, 0, end));
  chunks[chunks.length - 1] = substring(chunk, end, lengthOf(chunk));
}
