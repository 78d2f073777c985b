import { fail, notSupported, typeError, valueError } from '../errors.js';
import { formatFields } from '../format/fields.js';
import { checked, checkLength, checkRepetition } from '../limits.js';
import { toArray } from '../operators/iterate.js';
import {
  codePointIndex,
  isSpace,
  isWide,
  lengthOf,
  splitLines,
  strip,
  stripEnd,
  stripStart,
  unitIndex,
} from '../operators/text.js';
import { truth } from '../operators/truth.js';
import { isText, textOf, typeOf } from '../operators/types.js';
import { bind } from '../signature.js';
import { Dict } from '../values/dict.js';
import { List, Tuple } from '../values/list.js';
import type { Keywords, Value } from '../values/value.js';
import { intArgument, textArgument } from './arguments.js';
import { capitalize, isTitled, swapCase, titleCase } from './case.js';
import { type Method, MethodTable, positional } from './method.js';

type StrMethod = Method<string>;

/** A method without arguments. */
function simple(name: string, make: (text: string) => Value): StrMethod {
  return (text, args, keywords) => {
    positional(`str.${name}`, args, keywords, 0);
    return make(text);
  };
}

/** Whether all characters are in a class, and there is one: `isalpha` and its like. */
function all(name: string, pattern: RegExp, unsure?: RegExp): StrMethod {
  return simple(name, (text) => {
    if (unsure?.test(text)) throw notSupported(`str.${name} of such characters as in "${text}"`);
    return pattern.test(text);
  });
}

/** The part of `text` that start and end pick, in UTF-16 units; undefined where it lies outside. */
function span(text: string, args: readonly Value[]): { from: number; to: number } | undefined {
  const [, start = null, end = null] = args;
  if (start === null && end === null) return { from: 0, to: text.length };
  const length = lengthOf(text);
  const bound = (value: Value, otherwise: number) => {
    if (value === null) return otherwise;
    const index = intArgument(value);
    return index < 0 ? Math.max(0, index + length) : index;
  };
  const from = bound(start, 0);
  const to = Math.min(bound(end, length), length);
  if (from > to) return undefined;
  return { from: unitIndex(text, from), to: unitIndex(text, to) };
}

function finder(name: string, last: boolean, required: boolean): StrMethod {
  return (text, args, keywords) => {
    positional(name, args, keywords, 1, 3);
    const wanted = args[0] ?? null;
    if (!isText(wanted)) throw typeError(`must be str, not ${typeOf(wanted)}`);
    const part = span(text, args);
    let index = -1;
    if (part !== undefined) {
      const within = text.slice(part.from, part.to);
      const at = last ? within.lastIndexOf(textOf(wanted)) : within.indexOf(textOf(wanted));
      if (at >= 0) index = codePointIndex(text, part.from + at);
    }
    if (index < 0 && required) throw valueError('substring not found');
    return index;
  };
}

function affix(name: string, holds: (text: string, part: string) => boolean): StrMethod {
  return (text, args, keywords) => {
    positional(name, args, keywords, 1, 3);
    const wanted = args[0] ?? null;
    const parts = wanted instanceof Tuple ? wanted.items : [wanted];
    const range = span(text, args);
    const within = range === undefined ? undefined : text.slice(range.from, range.to);
    for (const part of parts) {
      if (!isText(part))
        throw typeError(
          wanted instanceof Tuple
            ? `tuple for ${name} must only contain str, not ${typeOf(part)}`
            : `${name} first arg must be str or a tuple of str, not ${typeOf(part)}`,
        );
      if (within !== undefined && holds(within, textOf(part))) return true;
    }
    return false;
  };
}

function stripper(name: string, start: boolean, end: boolean): StrMethod {
  return (text, args, keywords) => {
    positional(name, args, keywords, 0, 1);
    return stripCharacters(text, args[0] ?? null, start, end, name);
  };
}

/** `text.strip(characters)`, of either or both ends. */
export function stripCharacters(
  text: string,
  characters: Value,
  start = true,
  end = true,
  name = 'strip',
): string {
  if (characters === null) {
    if (start && end) return strip(text);
    return start ? stripStart(text) : stripEnd(text);
  }
  if (!isText(characters)) throw typeError(`${name} arg must be None or str`);
  const set = new Set(textOf(characters));
  const all = isWide(text) ? Array.from(text) : text.split('');
  let from = 0;
  let to = all.length;
  while (start && from < to && set.has(all[from] ?? '')) from++;
  while (end && to > from && set.has(all[to - 1] ?? '')) to--;
  return all.slice(from, to).join('');
}

/** Fills up to a width; `left` tells how many of the missing characters go before the text. */
export function pad(
  text: string,
  width: number,
  fill: string,
  left: (missing: number) => number,
): string {
  const missing = width - lengthOf(text);
  if (missing <= 0) return text;
  checkRepetition(missing);
  checkLength(width);
  const before = left(missing);
  return fill.repeat(before) + text + fill.repeat(missing - before);
}

export function center(text: string, width: number, fill = ' '): string {
  return pad(text, width, fill, (missing) => (missing >> 1) + (missing & width & 1));
}

function padder(name: string, left: (missing: number, width: number) => number): StrMethod {
  return (text, args, keywords) => {
    positional(`str.${name}`, args, keywords, 1, 2);
    const width = intArgument(args[0] ?? null);
    const fill = args[1] ?? ' ';
    if (!isText(fill))
      throw typeError(`The fill character must be a unicode character, not ${typeOf(fill)}`);
    if (lengthOf(textOf(fill)) !== 1)
      throw typeError('The fill character must be exactly one character long');
    return pad(text, width, textOf(fill), (missing) => left(missing, width));
  };
}

/** `text.replace(old, replacement, count)`; a negative count means all. */
export function replaceText(text: string, old: string, replacement: string, count = -1): string {
  if (count === 0) return text;
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  const most = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  checkLength(text.length + most * replacement.length);
  const rest = parts.slice(most).join(old);
  return parts.slice(0, most).concat(rest).join(replacement);
}

/** `text.split(separator, most)` for a separator; negative: all. */
function splitAt(text: string, separator: string, most: number, fromEnd: boolean): string[] {
  if (separator === '') throw valueError('empty separator');
  const parts = text.split(separator);
  if (most < 0 || parts.length <= most + 1) return parts;
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
      while (at > 0 && !isSpace(rest.charAt(at - 1))) at--;
      words.unshift(rest.slice(at));
      rest = stripEnd(rest.slice(0, at));
    }
    if (rest !== '') words.unshift(stripEnd(stripStartOf(text, words.length === 0, rest)));
    return words;
  }
  let at = 0;
  while (at < rest.length && (most < 0 || words.length < most)) {
    const from = at;
    while (at < rest.length && !isSpace(rest.charAt(at))) at++;
    words.push(rest.slice(from, at));
    while (at < rest.length && isSpace(rest.charAt(at))) at++;
  }
  // What is left over keeps the white space at its end.
  if (at < rest.length) words.push(stripStart(text).slice(at));
  return words;
}

/** The left-over of `rsplit` keeps the white space at its start. */
function stripStartOf(text: string, untouched: boolean, rest: string): string {
  if (untouched) return text;
  return text.slice(0, text.length - stripStart(text).length) + rest;
}

function splitter(name: string, fromEnd: boolean): StrMethod {
  const signature = { name: `str.${name}`, parameters: ['sep', 'maxsplit'], required: 0 };
  return (text, args, keywords) => {
    const [separator = null, most = -1] = bind(signature, args, keywords);
    return new List(split(text, separator, intArgument(most), fromEnd));
  };
}

export function split(text: string, separator: Value, most: number, fromEnd: boolean): string[] {
  if (separator === null) return splitAtSpace(text, most, fromEnd);
  if (!isText(separator)) throw typeError(`must be str or None, not ${typeOf(separator)}`);
  return splitAt(text, textOf(separator), most, fromEnd);
}

function partitioner(name: string, last: boolean): StrMethod {
  return (text, args, keywords) => {
    positional(`str.${name}`, args, keywords, 1);
    const separator = textArgument(args[0] ?? null, `str.${name}`, '');
    return new Tuple(partition(text, separator, last));
  };
}

export function partition(text: string, separator: string, last: boolean): string[] {
  if (separator === '') throw valueError('empty separator');
  const at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
  if (at < 0) return last ? ['', '', text] : [text, '', ''];
  return [text.slice(0, at), separator, text.slice(at + separator.length)];
}

/** `separator.join(items)`, all of them str. */
export function joinTexts(separator: string, items: readonly Value[]): string {
  let length = 0;
  const texts = items.map((item, index) => {
    if (!isText(item))
      throw typeError(`sequence item ${index}: expected str instance, ${typeOf(item)} found`);
    const text = textOf(item);
    length += text.length + separator.length;
    return text;
  });
  checkLength(length);
  return texts.join(separator);
}

function expandTabs(text: string, size: number): string {
  let column = 0;
  let result = '';
  for (const character of text) {
    if (character === '\t') {
      const width = size > 0 ? size - (column % size) : 0;
      checkRepetition(width);
      result += ' '.repeat(width);
      column += width;
    } else {
      result += character;
      column = character === '\n' || character === '\r' ? 0 : column + 1;
    }
    checkLength(result.length >> 10);
  }
  return checked(result);
}

const tabSignature = { name: 'expandtabs', parameters: ['tabsize'], required: 0 };
const linesSignature = { name: 'splitlines', parameters: ['keepends'], required: 0 };

const strings = new MethodTable<string>(
  'str',
  {
    capitalize: simple('capitalize', capitalize),
    casefold: simple('casefold', (text) => {
      if (!isAscii(text)) throw notSupported('str.casefold of other than ASCII');
      return text.toLowerCase();
    }),
    center: padder('center', (missing, width) => (missing >> 1) + (missing & width & 1)),
    count(text, args, keywords) {
      positional('str.count', args, keywords, 1, 3);
      const wanted = args[0] ?? null;
      if (!isText(wanted)) throw typeError(`must be str, not ${typeOf(wanted)}`);
      const part = span(text, args);
      if (part === undefined) return 0;
      const within = text.slice(part.from, part.to);
      if (textOf(wanted) === '') return lengthOf(within) + 1;
      return within.split(textOf(wanted)).length - 1;
    },
    endswith: affix('endswith', (text, part) => text.endsWith(part)),
    expandtabs(text, args, keywords) {
      const [size = 8] = bind(tabSignature, args, keywords);
      return expandTabs(text, intArgument(size));
    },
    find: finder('find', false, false),
    format(text, args, keywords) {
      return formatFields(text, args, keywords ?? new Map());
    },
    format_map(text, args, keywords) {
      positional('str.format_map', args, keywords, 1);
      const map = args[0] ?? null;
      if (!(map instanceof Dict)) throw notSupported('str.format_map of other than a dict');
      const named = new Map<string, Value>();
      for (const entry of map.entries.values())
        if (typeof entry.key === 'string') named.set(entry.key, entry.value);
      return formatFields(text, undefined, named);
    },
    index: finder('index', false, true),
    isalnum: all('isalnum', /^[\p{L}\p{N}]+$/u),
    isalpha: all('isalpha', /^\p{L}+$/u),
    isascii: simple('isascii', isAscii),
    isdecimal: all('isdecimal', /^\p{Nd}+$/u),
    isdigit: all('isdigit', /^\p{Nd}+$/u, /[\p{No}]/u),
    isidentifier: all('isidentifier', /^[A-Za-z_][A-Za-z0-9_]*$/, /[^\0-\x7f]/),
    islower: simple('islower', isLower),
    isnumeric: all('isnumeric', /^\p{N}+$/u, /\p{Script=Han}/u),
    isprintable: simple('isprintable', (text) => !/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(text)),
    isspace: simple('isspace', isSpace),
    istitle: simple('istitle', isTitled),
    isupper: simple('isupper', isUpper),
    join(text, args, keywords) {
      positional('str.join', args, keywords, 1);
      return joinTexts(text, toArray(args[0] ?? null));
    },
    ljust: padder('ljust', () => 0),
    lower: simple('lower', (text) => text.toLowerCase()),
    lstrip: stripper('lstrip', true, false),
    partition: partitioner('partition', false),
    removeprefix(text, args, keywords) {
      positional('str.removeprefix', args, keywords, 1);
      const prefix = textArgument(args[0] ?? null, 'removeprefix', '');
      return text.startsWith(prefix) ? text.slice(prefix.length) : text;
    },
    removesuffix(text, args, keywords) {
      positional('str.removesuffix', args, keywords, 1);
      const suffix = textArgument(args[0] ?? null, 'removesuffix', '');
      return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
    },
    replace(text, args, keywords) {
      positional('str.replace', args, keywords, 2, 3);
      const old = textArgument(args[0] ?? null, 'replace', ' 1');
      const replacement = textArgument(args[1] ?? null, 'replace', ' 2');
      return replaceText(text, old, replacement, intArgument(args[2] ?? -1));
    },
    rfind: finder('rfind', true, false),
    rindex: finder('rindex', true, true),
    rjust: padder('rjust', (missing) => missing),
    rpartition: partitioner('rpartition', true),
    rsplit: splitter('rsplit', true),
    rstrip: stripper('rstrip', false, true),
    split: splitter('split', false),
    splitlines(text, args, keywords) {
      const [keepEnds = false] = bind(linesSignature, args, keywords);
      return new List(splitLines(text, truth(keepEnds)));
    },
    startswith: affix('startswith', (text, part) => text.startsWith(part)),
    strip: stripper('strip', true, true),
    swapcase: simple('swapcase', swapCase),
    title: simple('title', titleCase),
    upper: simple('upper', (text) => text.toUpperCase()),
    zfill(text, args, keywords) {
      positional('str.zfill', args, keywords, 1);
      const width = intArgument(args[0] ?? null);
      const sign = /^[+-]/.test(text) ? text.charAt(0) : '';
      return sign + pad(text.slice(sign.length), width - sign.length, '0', (missing) => missing);
    },
  },
  'encode maketrans translate',
);

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** `text.islower()` */
export function isLower(text: string): boolean {
  return /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
}

/** `text.isupper()` */
export function isUpper(text: string): boolean {
  return /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
}

export function strMethod(text: string, name: string): Value | undefined {
  return strings.bound(text, name);
}

/** A method of str applied at once, for Markup's. */
export function callStrMethod(
  text: string,
  name: string,
  args: readonly Value[],
  keywords: Keywords | undefined,
): Value {
  const method = strings.find(name);
  if (method === undefined) throw fail('AttributeError', `'str' object has no attribute '${name}'`);
  return method(text, args, keywords);
}

export function strMethodNames(): Iterable<string> {
  return strings.names();
}
