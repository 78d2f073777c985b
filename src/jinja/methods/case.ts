import { notSupported } from '../errors.js';
import { step } from '../limits.js';
import { lazily } from '../pattern.js';

/**
 * Letters whose title case is not their upper case, or whose case depends on their neighbours:
 * JavaScript knows no title case, so these are refused.
 */
const unsure =
  /[\u01c4-\u01cc\u01f1-\u01f3\u0149\u0130\u03a3\u03c3\u03c2\u10d0-\u10ff\u1f80-\u1fff]/;
const cased = lazily(String.raw`[\p{Lowercase}\p{Uppercase}\p{Lt}]`);
const lower = lazily(String.raw`\p{Lowercase}`);
const upper = lazily(String.raw`[\p{Uppercase}\p{Lt}]`);

function refuseUnsure(text: string): void {
  if (unsure.test(text)) {
    throw notSupported(`changing the case of such letters as in "${text}"`);
  }
}

/** One letter in title case: where upper case is several letters, only the first stays upper. */
function titleLetter(letter: string): string {
  const [first = '', ...rest] = letter.toUpperCase();
  return first + rest.join('').toLowerCase();
}

/** The first character, which may be two UTF-16 units; empty for an empty text. */
export function firstLetter(text: string): string {
  const code = text.codePointAt(0);
  return code === undefined ? '' : String.fromCodePoint(code);
}

/** `text.capitalize()` */
export function capitalize(text: string): string {
  refuseUnsure(text);
  const first = firstLetter(text);
  return titleLetter(first) + text.slice(first.length).toLowerCase();
}

/** `text.title()` */
export function titleCase(text: string): string {
  refuseUnsure(text);
  let inWord = false;
  let result = '';
  for (const letter of text) {
    step();
    result += inWord ? letter.toLowerCase() : titleLetter(letter);
    inWord = cased().test(letter);
  }
  return result;
}

/** `text.swapcase()` */
export function swapCase(text: string): string {
  refuseUnsure(text);
  let result = '';
  for (const letter of text) {
    step();
    result += lower().test(letter)
      ? letter.toUpperCase()
      : upper().test(letter)
        ? letter.toLowerCase()
        : letter;
  }
  return result;
}

/** `text.istitle()` */
export function isTitled(text: string): boolean {
  let inWord = false;
  let found = false;
  for (const letter of text) {
    step();
    if (upper().test(letter)) {
      if (inWord) {
        return false;
      }
      inWord = true;
      found = true;
    } else if (lower().test(letter)) {
      if (!inWord) {
        return false;
      }
      found = true;
    } else {
      inWord = false;
    }
  }
  return found;
}
