import { displayWidth } from '#core/text/printable.js';

/** A line that is cut to the terminal. */
export function fit(line: string, columns: number | undefined): string {
  return columns === undefined || displayWidth(line) <= columns ? line : cutEnd(line, columns);
}

/** The beginning of a text that is too long, with a mark for the rest: so many columns at most. */
export function cutEnd(text: string, columns: number): string {
  let left = columns - 1;
  let kept = '';
  for (const character of text) {
    left -= displayWidth(character);
    if (left < 0) {
      break;
    }
    kept += character;
  }
  return `${kept}…`;
}

/** A sign of life that is cut to the terminal: how long it lasts is at its end, and stays. */
export function fitSign(sign: string, columns: number): string {
  const [end] = /(?: \(\d+ s so far\))?(?: \(and \d+ more\))?$/.exec(sign) ?? [''];
  const room = columns - displayWidth(end);
  const text = sign.slice(0, sign.length - end.length);
  return room < leastRoom ? fit(sign, columns) : fit(text, room) + end;
}

/** The end of a text that is too long, with a mark for what is before it. */
export function cutStart(text: string, columns: number): string {
  let left = columns - 1;
  let kept = '';
  for (const character of [...text].reverse()) {
    left -= displayWidth(character);
    if (left < 0) {
      break;
    }
    kept = character + kept;
  }
  return `…${kept}`;
}

/**
 * A text in as many lines as a narrow terminal needs: broken between words, or within one that is longer than a
 * line. Lines begin with `first` and `next`, which count.
 */
export function wrap(
  text: string,
  columns: number | undefined,
  first = '',
  next: string = first,
): string[] {
  if (columns === undefined || displayWidth(first + text) <= columns) {
    return [first + text];
  }
  const lines: string[] = [];
  let rest = text;
  while (rest !== '') {
    const start = lines.length === 0 ? first : next;
    const room = Math.max(leastRoom, columns - displayWidth(start));
    const length = lengthOfLine(rest, room);
    lines.push(start + rest.slice(0, length).trimEnd());
    rest = rest.slice(length).trimStart();
  }
  return lines;
}

/** Columns for text, however far a line is indented. */
const leastRoom = 10;

/** How much of a text a line takes, in units of UTF-16: at least one character. */
function lengthOfLine(text: string, room: number): number {
  let width = 0;
  let length = 0;
  let afterWord = 0;
  for (const character of text) {
    width += displayWidth(character);
    if (width > room && length > 0) {
      return character === ' ' || afterWord === 0 ? length : afterWord;
    }
    length += character.length;
    if (character === ' ' && text.slice(0, length).trim() !== '') {
      afterWord = length;
    }
  }
  return length;
}
