import { fail, notSupported, typeError } from '../errors.js';
import { named } from '../function.js';
import { checkElements, checkRepetition } from '../limits.js';
import { intArgument } from '../methods/arguments.js';
import { equals, ordered } from '../operators/compare.js';
import { keyOf } from '../operators/hash.js';
import { isIterable, iterable, iterator, toArray } from '../operators/iterate.js';
import { attributeOf, getItem } from '../operators/lookup.js';
import { sorted } from '../operators/sort.js';
import { truth } from '../operators/truth.js';
import { isText, textOf, typeOf } from '../operators/types.js';
import type { NamedFunction } from '../running.js';
import { Dict } from '../values/dict.js';
import { Iter } from '../values/iterator.js';
import { Group, List, Tuple } from '../values/list.js';
import { Markup } from '../values/markup.js';
import { Range } from '../values/range.js';
import { Undefined, undefinedMember, undefinedWith } from '../values/undefined.js';
import { Obj, type Value } from '../values/value.js';
import {
  argumentError,
  attributeError,
  attributeGetter,
  attributesGetter,
  count,
  generator,
  ignoreCase,
  lengthOfValue,
} from './common.js';

function caseRule(isSensitive: boolean): ((value: Value) => Value) | undefined {
  return isSensitive ? undefined : ignoreCase;
}

function* batch(value: Value, size: Value, fill: Value): Generator<Value, undefined> {
  let items: Value[] = [];
  for (const item of iterable(value)) {
    if (equals(items.length, size)) {
      yield new List(items);
      items = [];
    }
    items.push(item);
  }
  if (items.length > 0) {
    if (fill !== null && ordered('<', items.length, size)) {
      const missing = count(size) - items.length;
      checkRepetition(missing);
      for (let added = 0; added < missing; added++) {
        items.push(fill);
      }
    }
    yield new List(items);
  }
  return undefined;
}

function* sliced(value: Value, slices: number, fill: Value): Generator<Value, undefined> {
  const items = toArray(value);
  const each = Math.floor(items.length / slices);
  const longer = items.length % slices;
  let offset = 0;
  checkElements(slices);
  for (let index = 0; index < slices; index++) {
    const start = offset + index * each;
    if (index < longer) {
      offset++;
    }
    const part = items.slice(start, offset + (index + 1) * each);
    if (fill !== null && index >= longer) {
      part.push(fill);
    }
    yield new List(part);
  }
  return undefined;
}

function* unique(value: Value, get: (item: Value) => Value): Generator<Value, undefined> {
  const seen = new Set<unknown>();
  for (const item of iterable(value)) {
    const key = keyOf(get(item));
    if (seen.has(key)) {
      continue;
    }
    seen.add(key);
    yield item;
  }
  return undefined;
}

/** `reversed(value)`: what can be reversed at all, in reverse order. */
function reversed(value: Value): Value[] | undefined {
  if (value instanceof List || value instanceof Tuple) {
    return value.items.slice().reverse();
  }
  if (value instanceof Range) {
    return value.toArray().reverse();
  }
  if (value instanceof Undefined) {
    lengthOfValue(value);
    return [];
  }
  if (value instanceof Obj && value.type.startsWith('dict')) {
    return toArray(value).reverse();
  }
  if (typeof value === 'string') {
    return Array.from(value).reverse();
  }
  if (value instanceof Markup) {
    return Array.from(value.text, (text) => new Markup(text)).reverse();
  }
  return undefined;
}

function reverse(value: Value): Value {
  if (isText(value)) {
    const text = Array.from(textOf(value)).reverse().join('');
    return value instanceof Markup ? new Markup(text) : text;
  }
  const items = reversed(value);
  if (items !== undefined) {
    return new Iter(items[Symbol.iterator](), 'list_reverseiterator');
  }
  if (!isIterable(value)) {
    throw argumentError('argument must be iterable');
  }
  return new List(toArray(value).reverse());
}

function groupBy(value: Value, attribute: Value, fallback: Value, isSensitive: boolean): List {
  const key = attributeGetter(attribute, caseRule(isSensitive), fallback);
  const shown = attributeGetter(attribute, undefined, fallback);
  const groups: { readonly key: Value; readonly items: Value[] }[] = [];
  for (const item of sorted(toArray(value), key)) {
    const itemKey = key(item);
    const last = groups.at(-1);
    if (last !== undefined && equals(last.key, itemKey)) {
      last.items.push(item);
    } else {
      groups.push({ key: itemKey, items: [item] });
    }
  }
  return new List(
    groups.map((group) => {
      const [first = null] = group.items;
      return new Group(isSensitive ? group.key : shown(first), new List(group.items));
    }),
  );
}

function extreme(name: 'min' | 'max'): NamedFunction {
  return named(
    `do_${name}`,
    'value case_sensitive attribute',
    1,
    ([value = null, isSensitive = false, attribute = null]) => {
      const key = attributeGetter(attribute, caseRule(truth(isSensitive)));
      let best: Value | undefined;
      let bestKey: Value = null;
      for (const item of iterable(value)) {
        const itemKey = key(item);
        if (best === undefined || ordered(name === 'min' ? '<' : '>', itemKey, bestKey)) {
          best = item;
          bestKey = itemKey;
        }
      }
      return best === undefined ? undefinedWith('No aggregated item, sequence was empty.') : best;
    },
  );
}

function dictSort(value: Value, isSensitive: boolean, by: Value, backwards: boolean): List {
  if (by !== 'key' && by !== 'value') {
    throw argumentError('You can only sort by either "key" or "value"');
  }
  if (!(value instanceof Dict)) {
    throw attributeError(value, 'items');
  }
  const position = by === 'key' ? 0 : 1;
  const rule = caseRule(isSensitive) ?? ((part: Value) => part);
  const key = (pair: Value) => rule((pair as Tuple).items[position] ?? null);
  return new List(sorted(value.pairs(), key, backwards));
}

function attribute(value: Value, name: Value): Value {
  if (!isText(name)) {
    throw typeError('attribute name must be string');
  }
  const found = attributeOf(value, textOf(name));
  return found === undefined ? undefinedMember(value, textOf(name)) : found;
}

function first(value: Value): Value {
  const { done, value: item } = iterator(value).next();
  return done === true ? undefinedWith('No first item, sequence was empty.') : item;
}

function last(value: Value): Value {
  if (isText(value)) {
    // Not by way of all its characters.
    const item = getItem(value, -1);
    return item === undefined ? undefinedWith('No last item, sequence was empty.') : item;
  }
  const items = reversed(value);
  if (items === undefined) {
    throw typeError(`'${typeOf(value)}' object is not reversible`);
  }
  const [item] = items;
  return item === undefined ? undefinedWith('No last item, sequence was empty.') : item;
}

export const sequenceFilters: readonly (readonly [string, NamedFunction])[] = [
  ['attr', named('do_attr', 'obj name', 2, ([obj = null, name = null]) => attribute(obj, name))],
  [
    'batch',
    named('do_batch', 'value linecount fill_with', 2, ([value = null, size = null, fill = null]) =>
      generator(() => batch(value, size, fill)),
    ),
  ],
  ['count', named('len', 'obj', 1, ([value = null]) => lengthOfValue(value))],
  [
    'dictsort',
    named(
      'do_dictsort',
      'value case_sensitive by reverse',
      1,
      ([value = null, isSensitive = false, by = 'key', backwards = false]) =>
        dictSort(value, truth(isSensitive), by, intArgument(backwards, 'int') !== 0),
    ),
  ],
  ['first', named('sync_do_first', 'seq', 1, ([value = null]) => first(value))],
  [
    'groupby',
    named(
      'sync_do_groupby',
      'value attribute default case_sensitive',
      2,
      ([value = null, attribute = null, fallback = null, isSensitive = false]) =>
        groupBy(value, attribute, fallback, truth(isSensitive)),
    ),
  ],
  [
    'items',
    named('do_items', 'value', 1, ([value = null]) =>
      generator(function* () {
        if (value instanceof Undefined) {
          return undefined;
        }
        if (!(value instanceof Dict)) {
          throw typeError('Can only get item pairs from a mapping.');
        }
        yield* iterable(new Iter(value.walk(({ key, value }) => new Tuple([key, value]))));
        return undefined;
      }),
    ),
  ],
  ['last', named('do_last', 'seq', 1, ([value = null]) => last(value))],
  ['length', named('len', 'obj', 1, ([value = null]) => lengthOfValue(value))],
  ['list', named('sync_do_list', 'value', 1, ([value = null]) => new List(toArray(value)))],
  ['max', extreme('max')],
  ['min', extreme('min')],
  [
    'random',
    () => {
      throw notSupported('the filter random, whose result is another each time,');
    },
  ],
  ['reverse', named('do_reverse', 'value', 1, ([value = null]) => reverse(value))],
  [
    'slice',
    named(
      'sync_do_slice',
      'value slices fill_with',
      2,
      ([value = null, slices = null, fill = null]) =>
        generator(function* () {
          const parts = count(slices);
          if (parts === 0) {
            throw fail('ZeroDivisionError', 'integer division or modulo by zero');
          }
          if (parts < 0) {
            toArray(value);
            return undefined;
          }
          yield* sliced(value, parts, fill);
          return undefined;
        }),
    ),
  ],
  [
    'sort',
    named(
      'do_sort',
      'value reverse case_sensitive attribute',
      1,
      ([value = null, backwards = false, isSensitive = false, attribute = null]) => {
        const rule = caseRule(truth(isSensitive)) ?? ((item: Value) => item);
        const get = attributesGetter(attribute, rule);
        const isReversed = intArgument(backwards, 'int') !== 0;
        return new List(sorted(toArray(value), (item) => new List(get(item)), isReversed));
      },
    ),
  ],
  [
    'unique',
    named(
      'do_unique',
      'value case_sensitive attribute',
      1,
      ([value = null, isSensitive = false, attribute = null]) =>
        generator(() => unique(value, attributeGetter(attribute, caseRule(truth(isSensitive))))),
    ),
  ],
];
