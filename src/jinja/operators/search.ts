import { step, stepThrough } from '../limits.js';

/**
 * Up to this length a text is searched for with JavaScript's own functions. For longer ones they
 * take time as length times length: minutes where a template may take seconds.
 */
const longestPlain = 64;
const charactersPerStep = 256;

/** `text.find(wanted)`, in UTF-16 units. */
export function findText(text: string, wanted: string): number {
  stepThrough(text.length);
  if (wanted.length <= longestPlain) {
    return text.indexOf(wanted);
  }
  for (const at of occurrences(text, wanted)) {
    return at;
  }
  return -1;
}

/** `text.rfind(wanted)`, in UTF-16 units. */
export function findLastText(text: string, wanted: string): number {
  stepThrough(text.length);
  if (wanted.length <= longestPlain) {
    return text.lastIndexOf(wanted);
  }
  let last = -1;
  for (const at of occurrences(text, wanted)) {
    last = at;
  }
  return last;
}

/** The parts of a text between occurrences of a separator that do not overlap; it is not empty. */
export function splitText(text: string, separator: string): string[] {
  stepThrough(text.length);
  if (separator.length <= longestPlain) {
    return text.split(separator);
  }
  const parts: string[] = [];
  let from = 0;
  for (const at of occurrences(text, separator)) {
    if (at >= from) {
      parts.push(text.slice(from, at));
      from = at + separator.length;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

/** Where a text occurs in another, overlapping places too: Knuth, Morris and Pratt's search. */
function* occurrences(text: string, wanted: string): Generator<number, undefined> {
  if (wanted.length > text.length) {
    return undefined;
  }
  const borders = bordersOf(wanted);
  let matched = 0;
  for (let at = 0; at < text.length; at++) {
    if (at % charactersPerStep === 0) {
      step();
    }
    const code = text.charCodeAt(at);
    while (matched > 0 && code !== wanted.charCodeAt(matched)) {
      matched = borders[matched - 1] ?? 0;
    }
    if (code === wanted.charCodeAt(matched)) {
      matched++;
    }
    if (matched === wanted.length) {
      yield at + 1 - matched;
      matched = borders[matched - 1] ?? 0;
    }
  }
  return undefined;
}

/** For each start of a text the length of the longest shorter start that it also ends with. */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length; at++) {
    if (at % charactersPerStep === 0) {
      step();
    }
    const code = text.charCodeAt(at);
    while (length > 0 && code !== text.charCodeAt(length)) {
      length = borders[length - 1] ?? 0;
    }
    if (code === text.charCodeAt(length)) {
      length++;
    }
    borders[at] = length;
  }
  return borders;
}
