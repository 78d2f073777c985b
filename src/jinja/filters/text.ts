import { Float } from '#core/data/data.js';
import { fail, notSupported, typeError } from '../errors.js';
import { percentFormat } from '../format/percent.js';
import { named } from '../function.js';
import { checked, checkLength, checkRepetition, step } from '../limits.js';
import { capitalize, firstLetter } from '../methods/case.js';
import { center, joinTexts, replaceText, split, stripCharacters } from '../methods/parts.js';
import { add } from '../operators/arithmetic.js';
import { iterable } from '../operators/iterate.js';
import { str } from '../operators/print.js';
import { splitLines, substring, whitespaceClass } from '../operators/text.js';
import { truth } from '../operators/truth.js';
import { isText, textOf, typeOf } from '../operators/types.js';
import { settled } from '../operators/unicode.js';
import type { NamedFunction } from '../running.js';
import { Dict } from '../values/dict.js';
import { Tuple } from '../values/list.js';
import { Markup } from '../values/markup.js';
import { Undefined } from '../values/undefined.js';
import type { Value } from '../values/value.js';
import {
  argumentError,
  attributeError,
  attributeGetter,
  count,
  lengthOfValue,
  onText,
  refuseNames,
  soft,
} from './common.js';
import { wordWrap } from './wrap.js';

const titleWords = new RegExp(`([-${whitespaceClass}({\\[<]+)`);

function title(text: string): string {
  return text
    .split(titleWords)
    .map((word) => {
      step();
      const first = firstLetter(word);
      return first.toUpperCase() + word.slice(first.length).toLowerCase();
    })
    .join('');
}

function indent(value: Value, width: Value, first: boolean, blank: boolean): Value {
  if (value instanceof Undefined) {
    throw value.failure();
  }
  if (!isText(value)) {
    throw typeError(`unsupported operand type(s) for +=: '${typeOf(value)}' and 'str'`);
  }
  if (value instanceof Markup) {
    throw notSupported('indenting Markup');
  }
  const indention = isText(width) ? textOf(width) : ' '.repeat(repetitions(width));
  const lines = splitLines(`${value}\n`);
  checkLength(value.length + lines.length * indention.length);
  const [head = '', ...rest] = lines;
  const body = blank
    ? lines.join(`\n${indention}`)
    : [head, ...rest.map((line) => (line === '' ? line : indention + line))].join('\n');
  return first ? indention + body : body;
}

/** An argument of which Python only finds out that it is not an int where it has to cut. */
function whole(value: Value, filter: string): number {
  if (value instanceof Float) {
    throw notSupported(`a float as argument of ${filter}`);
  }
  return count(value);
}

/** The same for text that is put between or after parts. */
function given(value: Value, filter: string): string {
  if (value instanceof Undefined) {
    throw value.failure();
  }
  if (!isText(value)) {
    throw notSupported(`such an argument of ${filter}`);
  }
  return textOf(value);
}

function repetitions(width: Value): number {
  const times = Math.max(0, count(width));
  checkRepetition(times);
  return times;
}

/** The part of a text that `truncate` keeps. */
function truncate(
  value: Value,
  length: number,
  killWords: boolean,
  end: string,
  leeway: number,
): Value {
  const ending = lengthOfValue(end);
  if (length < ending) {
    throw fail('AssertionError', `expected length >= ${ending}, got ${length}`);
  }
  if (leeway < 0) {
    throw fail('AssertionError', `expected leeway >= 0, got ${leeway}`);
  }
  if (lengthOfValue(value) <= length + leeway) {
    return value;
  }
  if (!isText(value)) {
    throw attributeError(value, 'rsplit');
  }
  const cut = substring(textOf(value), 0, length - ending);
  const kept = killWords ? cut : (split(cut, ' ', 1, true)[0] ?? '');
  return add(value instanceof Markup ? new Markup(kept) : kept, end);
}

function join(value: Value, separator: Value, attribute: Value): string {
  const get = attributeGetter(attribute);
  const items: string[] = [];
  for (const item of iterable(value)) {
    items.push(str(get(item)));
  }
  return joinTexts(str(separator), items);
}

const format: NamedFunction = ([value = null, ...args], keywords) => {
  refuseNames(keywords, 'do_format', ['value']);
  if (args.length > 0 && keywords !== undefined && keywords.size > 0) {
    throw argumentError("can't handle positional and keyword arguments at the same time");
  }
  const text = soft(value);
  if (text instanceof Markup) {
    throw notSupported('formatting Markup');
  }
  const named = keywords !== undefined && keywords.size > 0;
  return percentFormat(text, named ? new Dict(keywords) : new Tuple(args));
};

export const textFilters: readonly (readonly [string, NamedFunction])[] = [
  [
    'capitalize',
    named('do_capitalize', 's', 1, ([s = null]) => onText(s, (text) => capitalize(settled(text)))),
  ],
  [
    'center',
    named('do_center', 'value width', 1, ([value = null, width = 80]) =>
      onText(value, (text) => center(text, count(width))),
    ),
  ],
  ['format', format],
  [
    'indent',
    named(
      'do_indent',
      's width first blank',
      1,
      ([s = null, width = 4, first = false, blank = false]) =>
        indent(s, width, truth(first), truth(blank)),
    ),
  ],
  [
    'join',
    named('sync_do_join', 'value d attribute', 1, ([value = null, d = '', attribute = null]) =>
      join(value, d, attribute),
    ),
  ],
  [
    'lower',
    named('do_lower', 's', 1, ([s = null]) => onText(s, (text) => settled(text).toLowerCase())),
  ],
  [
    'replace',
    named('do_replace', 's old new count', 3, ([s = null, old = null, by = null, most = null]) =>
      checked(replaceText(str(s), str(old), str(by), most === null ? -1 : count(most))),
    ),
  ],
  ['string', named('soft_str', 's', 1, ([s = null]) => soft(s))],
  ['title', named('do_title', 's', 1, ([s = null]) => title(settled(textOf(soft(s)))))],
  [
    'trim',
    named('do_trim', 'value chars', 1, ([value = null, chars = null]) => {
      if (value instanceof Markup && chars !== null) {
        throw notSupported('trimming characters off Markup');
      }
      return onText(value, (text) => stripCharacters(text, chars));
    }),
  ],
  [
    'truncate',
    named(
      'do_truncate',
      's length killwords end leeway',
      1,
      ([s = null, length = 255, killWords = false, end = '...', leeway = null]) =>
        truncate(
          s,
          whole(length, 'truncate'),
          truth(killWords),
          given(end, 'truncate'),
          leeway === null ? 5 : whole(leeway, 'truncate'),
        ),
    ),
  ],
  [
    'upper',
    named('do_upper', 's', 1, ([s = null]) => onText(s, (text) => settled(text).toUpperCase())),
  ],
  [
    'wordcount',
    named(
      'do_wordcount',
      's',
      1,
      ([s = null]) => settled(textOf(soft(s))).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0,
    ),
  ],
  [
    'wordwrap',
    named(
      'do_wordwrap',
      's width break_long_words wrapstring break_on_hyphens',
      1,
      ([s = null, width = 79, breakLong = true, wrap = null, breakHyphens = true]) => {
        if (!isText(s)) {
          throw attributeError(s, 'splitlines');
        }
        if (s instanceof Markup) {
          throw notSupported('wrapping Markup');
        }
        const between = wrap === null ? '\n' : given(wrap, 'wordwrap');
        const most = whole(width, 'wordwrap');
        return splitLines(s)
          .map((line) => wordWrap(line, most, truth(breakLong), truth(breakHyphens)).join(between))
          .join(between);
      },
    ),
  ],
];
