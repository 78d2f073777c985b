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
