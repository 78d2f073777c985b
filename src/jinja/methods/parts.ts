import { typeError, valueError } from '../errors.js';
import { checked, checkLength, checkOutput, checkRepetition, step } from '../limits.js';
import { findLastText, findText, splitText } from '../operators/search.js';
import { isSpace, isWide, lengthOf, strip, stripEnd, stripStart } from '../operators/text.js';
import { isText, textOf, typeOf } from '../operators/types.js';
import type { Value } from '../values/value.js';

/** `text.strip(characters)`, of either or both ends. */
export function stripCharacters(
  text: string,
  characters: Value,
  start = true,
  end = true,
  name = 'strip',
): string {
  if (characters === null) {
    if (start && end) {
      return strip(text);
    }
    return start ? stripStart(text) : stripEnd(text);
  }
  if (!isText(characters)) {
    throw typeError(`${name} arg must be None or str`);
  }
  const set = new Set(textOf(characters));
  const all = isWide(text) ? Array.from(text) : text;
  let from = 0;
  let to = all.length;
  while (start && from < to && set.has(all[from] ?? '')) {
    from++;
  }
  while (end && to > from && set.has(all[to - 1] ?? '')) {
    to--;
  }
  return typeof all === 'string' ? all.slice(from, to) : all.slice(from, to).join('');
}

/** Fills up to a width; `left` tells how many of the missing characters go before the text. */
export function pad(
  text: string,
  width: number,
  fill: string,
  left: (missing: number) => number,
): string {
  const missing = width - lengthOf(text);
  if (missing <= 0) {
    return text;
  }
  checkRepetition(missing);
  checkLength(width);
  const before = left(missing);
  return fill.repeat(before) + text + fill.repeat(missing - before);
}

export function center(text: string, width: number, fill = ' '): string {
  return pad(text, width, fill, (missing) => (missing >> 1) + (missing & width & 1));
}

/** `text.replace(old, replacement, count)`; a negative count means all. */
export function replaceText(text: string, old: string, replacement: string, count = -1): string {
  if (count === 0) {
    return text;
  }
  const parts = old === '' ? ['', ...text, ''] : splitText(text, old);
  const most = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  checkLength(text.length + most * replacement.length);
  const rest = parts.slice(most).join(old);
  return parts.slice(0, most).concat(rest).join(replacement);
}

/** `text.split(separator, most)` for a separator; negative: all. */
function splitAt(text: string, separator: string, most: number, fromEnd: boolean): string[] {
  if (separator === '') {
    throw valueError('empty separator');
  }
  const parts = splitText(text, separator);
  if (most < 0 || parts.length <= most + 1) {
    return parts;
  }
  if (fromEnd) {
    const cut = parts.length - most;
    return [parts.slice(0, cut).join(separator), ...parts.slice(cut)];
  }
  return [...parts.slice(0, most), parts.slice(most).join(separator)];
}

/** `text.split(None, most)`: at white space. */
function splitAtSpace(text: string, most: number, fromEnd: boolean): string[] {
  const words: string[] = [];
  let rest = strip(text);
  if (fromEnd) {
    while (rest !== '' && (most < 0 || words.length < most)) {
      let at = rest.length;
      while (at > 0 && !isSpace(rest.charAt(at - 1))) {
        at--;
      }
      words.push(rest.slice(at));
      rest = stripEnd(rest.slice(0, at));
    }
    if (rest !== '') {
      words.push(stripEnd(stripStartOf(text, words.length === 0, rest)));
    }
    return words.reverse();
  }
  let at = 0;
  while (at < rest.length && (most < 0 || words.length < most)) {
    const from = at;
    while (at < rest.length && !isSpace(rest.charAt(at))) {
      at++;
    }
    words.push(rest.slice(from, at));
    while (at < rest.length && isSpace(rest.charAt(at))) {
      at++;
    }
  }
  // What is left over keeps the white space at its end.
  if (at < rest.length) {
    words.push(stripStart(text).slice(at));
  }
  return words;
}

/** The left-over of `rsplit` keeps the white space at its start. */
function stripStartOf(text: string, untouched: boolean, rest: string): string {
  if (untouched) {
    return text;
  }
  return text.slice(0, text.length - stripStart(text).length) + rest;
}

/** `text.split(separator, most)`, or `rsplit`; a negative `most` means all. */
export function split(text: string, separator: Value, most: number, fromEnd: boolean): string[] {
  if (separator === null) {
    return splitAtSpace(text, most, fromEnd);
  }
  if (!isText(separator)) {
    throw typeError(`must be str or None, not ${typeOf(separator)}`);
  }
  return splitAt(text, textOf(separator), most, fromEnd);
}

/** `text.partition(separator)`, or `rpartition`. */
export function partition(text: string, separator: string, last: boolean): string[] {
  if (separator === '') {
    throw valueError('empty separator');
  }
  const at = (last ? findLastText : findText)(text, separator);
  if (at < 0) {
    return last ? ['', '', text] : [text, '', ''];
  }
  return [text.slice(0, at), separator, text.slice(at + separator.length)];
}

/** `separator.join(items)`, all of them str. */
export function joinTexts(separator: string, items: readonly Value[]): string {
  let length = 0;
  const texts = items.map((item, index) => {
    if (!isText(item)) {
      throw typeError(`sequence item ${index}: expected str instance, ${typeOf(item)} found`);
    }
    const text = textOf(item);
    length += text.length + separator.length;
    return text;
  });
  checkLength(length);
  return texts.join(separator);
}

/** `text.expandtabs(size)` */
export function expandTabs(text: string, size: number): string {
  let column = 0;
  let result = '';
  for (const character of text) {
    step();
    if (character === '\t') {
      const width = size > 0 ? size - (column % size) : 0;
      checkRepetition(width);
      result += ' '.repeat(width);
      column += width;
    } else {
      result += character;
      column = character === '\n' || character === '\r' ? 0 : column + 1;
    }
    checkOutput(result.length);
  }
  return checked(result);
}
