import { fail, notSupported, typeError, valueError } from '../errors.js';
import { formatFields } from '../format/fields.js';
import { toArray } from '../operators/iterate.js';
import { findLastText, findText, splitText } from '../operators/search.js';
import { codePointIndex, isSpace, lengthOf, splitLines, unitIndex } from '../operators/text.js';
import { isInt, isText, textOf, typeOf } from '../operators/types.js';
import { settled } from '../operators/unicode.js';
import { lazily } from '../pattern.js';
import { bind } from '../signature.js';
import { Dict } from '../values/dict.js';
import { List, Tuple } from '../values/list.js';
import type { Keywords, Value } from '../values/value.js';
import { indexArgument, intArgument, textArgument } from './arguments.js';
import { capitalize, isTitled, swapCase, titleCase } from './case.js';
import { type Method, MethodTable, positional } from './method.js';
import {
  expandTabs,
  joinTexts,
  pad,
  partition,
  replaceText,
  split,
  stripCharacters,
} from './parts.js';

type StrMethod = Method<string>;

/** A method without arguments. */
function simple(name: string, make: (text: string) => Value): StrMethod {
  return (text, args, keywords) => {
    positional(`str.${name}`, args, keywords, 0);
    return make(settled(text));
  };
}

/** Whether all characters are in a class, and there is one: `isalpha` and its like. */
function all(name: string, source: string, unsureSource?: string): StrMethod {
  const pattern = lazily(`^[${source}]+$`);
  const unsure = unsureSource === undefined ? undefined : lazily(`[${unsureSource}]`);
  return simple(name, (text) => {
    if (unsure?.().test(text)) {
      throw notSupported(`str.${name} of such characters as in "${text}"`);
    }
    return pattern().test(text);
  });
}

/** The part of `text` that start and end pick, in UTF-16 units; undefined where it is outside. */
function span(text: string, args: readonly Value[]): { from: number; to: number } | undefined {
  const [, start = null, end = null] = args;
  if (start === null && end === null) {
    return { from: 0, to: text.length };
  }
  const length = lengthOf(text);
  const bound = (value: Value, otherwise: number) => {
    if (value === null) {
      return otherwise;
    }
    const index = indexArgument(value);
    return index < 0 ? Math.max(0, index + length) : index;
  };
  const from = bound(start, 0);
  const to = Math.min(bound(end, length), length);
  if (from > to) {
    return undefined;
  }
  return { from: unitIndex(text, from), to: unitIndex(text, to) };
}

function finder(name: string, last: boolean, required: boolean): StrMethod {
  return (text, args, keywords) => {
    positional(name, args, keywords, 1, 3);
    const wanted = args[0] ?? null;
    if (!isText(wanted)) {
      throw typeError(`must be str, not ${typeOf(wanted)}`);
    }
    const part = span(text, args);
    let index = -1;
    if (part !== undefined) {
      const within = text.slice(part.from, part.to);
      const at = (last ? findLastText : findText)(within, textOf(wanted));
      if (at >= 0) {
        index = codePointIndex(text, part.from + at);
      }
    }
    if (index < 0 && required) {
      throw valueError('substring not found');
    }
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
      if (!isText(part)) {
        throw typeError(
          wanted instanceof Tuple
            ? `tuple for ${name} must only contain str, not ${typeOf(part)}`
            : `${name} first arg must be str or a tuple of str, not ${typeOf(part)}`,
        );
      }
      if (within !== undefined && holds(within, textOf(part))) {
        return true;
      }
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

function padder(name: string, left: (missing: number, width: number) => number): StrMethod {
  return (text, args, keywords) => {
    positional(`str.${name}`, args, keywords, 1, 2);
    const width = intArgument(args[0] ?? null);
    const [, fill = ' '] = args;
    if (!isText(fill)) {
      throw typeError(`The fill character must be a unicode character, not ${typeOf(fill)}`);
    }
    if (lengthOf(textOf(fill)) !== 1) {
      throw typeError('The fill character must be exactly one character long');
    }
    return pad(text, width, textOf(fill), (missing) => left(missing, width));
  };
}

function splitter(name: string, fromEnd: boolean): StrMethod {
  const signature = { name: `str.${name}`, parameters: ['sep', 'maxsplit'], required: 0 };
  return (text, args, keywords) => {
    const [separator = null, most = -1] = bind(signature, args, keywords);
    return new List(split(text, separator, intArgument(most), fromEnd));
  };
}

function partitioner(name: string, last: boolean): StrMethod {
  return (text, args, keywords) => {
    positional(`str.${name}`, args, keywords, 1);
    const [separator = null] = args;
    const parts = partition(text, textArgument(separator, `str.${name}`, ''), last);
    // Where it was found, it is the separator itself, which may be Markup.
    return new Tuple(parts.map((part, index) => (index === 1 && part !== '' ? separator : part)));
  };
}

const tabSignature = { name: 'expandtabs', parameters: ['tabsize'], required: 0 };
const linesSignature = { name: 'splitlines', parameters: ['keepends'], required: 0 };

const strings = new MethodTable<string>(
  'str',
  {
    capitalize: simple('capitalize', capitalize),
    casefold: simple('casefold', (text) => {
      if (!isAscii(text)) {
        throw notSupported('str.casefold of other than ASCII');
      }
      return text.toLowerCase();
    }),
    center: padder('center', (missing, width) => (missing >> 1) + (missing & width & 1)),
    count(text, args, keywords) {
      positional('str.count', args, keywords, 1, 3);
      const wanted = args[0] ?? null;
      if (!isText(wanted)) {
        throw typeError(`must be str, not ${typeOf(wanted)}`);
      }
      const part = span(text, args);
      if (part === undefined) {
        return 0;
      }
      const within = text.slice(part.from, part.to);
      if (textOf(wanted) === '') {
        return lengthOf(within) + 1;
      }
      return splitText(within, textOf(wanted)).length - 1;
    },
    endswith: affix('endswith', (text, part) => text.endsWith(part)),
    expandtabs(text, args, keywords) {
      const [size = 8] = bind(tabSignature, args, keywords);
      return expandTabs(text, intArgument(size, 'int'));
    },
    find: finder('find', false, false),
    format(text, args, keywords) {
      return formatFields(text, args, keywords ?? new Map());
    },
    format_map(text, args, keywords) {
      positional('str.format_map', args, keywords, 1);
      const map = args[0] ?? null;
      if (!(map instanceof Dict)) {
        throw notSupported('str.format_map of other than a dict');
      }
      const named = new Map<string, Value>();
      for (const entry of map.entries.values()) {
        if (typeof entry.key === 'string') {
          named.set(entry.key, entry.value);
        }
      }
      return formatFields(text, undefined, named);
    },
    index: finder('index', false, true),
    isalnum: all('isalnum', String.raw`\p{L}\p{N}`),
    isalpha: all('isalpha', String.raw`\p{L}`),
    isascii: simple('isascii', isAscii),
    isdecimal: all('isdecimal', String.raw`\p{Nd}`),
    isdigit: all('isdigit', String.raw`\p{Nd}`, String.raw`\p{No}`),
    isidentifier: simple('isidentifier', (text) => {
      if (!isAscii(text)) {
        throw notSupported('str.isidentifier of other than ASCII');
      }
      return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
    }),
    islower: simple('islower', isLower),
    isnumeric: all('isnumeric', String.raw`\p{N}`, String.raw`\p{Script=Han}`),
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
      const [, , most = -1] = args;
      return replaceText(text, old, replacement, intArgument(most));
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
      // Python takes any value here from 3.12 on.
      if (!isInt(keepEnds)) {
        throw notSupported('such an argument of str.splitlines');
      }
      return new List(splitLines(text, intArgument(keepEnds, 'int') !== 0));
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
  return /\p{Lowercase}/u.test(settled(text)) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
}

/** `text.isupper()` */
export function isUpper(text: string): boolean {
  return /\p{Uppercase}/u.test(settled(text)) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
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
  if (method === undefined) {
    throw fail('AttributeError', `'str' object has no attribute '${name}'`);
  }
  return method(text, args, keywords);
}

export function strMethodNames(): Iterable<string> {
  return strings.names();
}
