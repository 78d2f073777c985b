import { accountFor } from '../operators/effort.js';
import { iterable } from '../operators/iterate.js';
import { reprText } from '../operators/print.js';
import { truth } from '../operators/truth.js';
import { isText, textOf } from '../operators/types.js';
import type { Caller, NamedFunction } from '../running.js';
import { Undefined } from '../values/undefined.js';
import type { Value } from '../values/value.js';
import { argumentError, attributeGetter, generator, refuseNames } from './common.js';

/** `map`: applies a filter, or reads an attribute. */
const map: NamedFunction = ([value = null, ...args], keywords, caller) => {
  refuseNames(keywords, 'sync_do_map', ['context', 'value']);
  return generator(function* () {
    if (!truth(value)) {
      return undefined;
    }
    const apply = mapping(args, keywords, caller);
    for (const item of iterable(value)) {
      yield apply(item);
    }
    return undefined;
  });
};

function mapping(
  args: readonly Value[],
  keywords: ReadonlyMap<string, Value> | undefined,
  caller: Caller,
): (item: Value) => Value {
  const [name, ...rest] = args;
  const attribute = keywords?.get('attribute');
  if (name === undefined && attribute !== undefined) {
    for (const keyword of keywords?.keys() ?? []) {
      if (keyword !== 'attribute' && keyword !== 'default') {
        throw argumentError(`Unexpected keyword argument ${reprText(keyword)}`);
      }
    }
    return attributeGetter(attribute, undefined, keywords?.get('default') ?? null);
  }
  if (name === undefined) {
    throw argumentError('map requires a filter argument');
  }
  return callByName('filter', name, rest, keywords, caller);
}

/** The filter or test of a name that is only known now. */
function callByName(
  kind: 'filter' | 'test',
  name: Value,
  args: readonly Value[],
  keywords: ReadonlyMap<string, Value> | undefined,
  caller: Caller,
): (item: Value) => Value {
  const { rendering } = caller.context;
  if (name instanceof Undefined) {
    throw name.failure();
  }
  const text = isText(name) ? textOf(name) : '';
  const run = kind === 'filter' ? rendering.filter(text) : rendering.test(text);
  if (run === undefined) {
    throw rendering.unknownName(kind, name);
  }
  return (item) => {
    accountFor(item);
    return run([item, ...args], keywords, caller);
  };
}

/** `select` and its kin: keeps the items for which a test holds, or does not. */
function selector(wanted: boolean, byAttribute: boolean): NamedFunction {
  return ([value = null, ...given], keywords, caller) => {
    refuseNames(keywords, 'select_or_reject', ['context', 'value']);
    return generator(function* () {
      if (!truth(value)) {
        return undefined;
      }
      const args = given.slice();
      let get = (item: Value) => item;
      if (byAttribute) {
        const attribute = args.shift();
        if (attribute === undefined) {
          throw argumentError('Missing parameter for attribute name');
        }
        get = attributeGetter(attribute);
      }
      const [name, ...rest] = args;
      const test =
        name === undefined
          ? (item: Value) => item
          : callByName('test', name, rest, keywords, caller);
      for (const item of iterable(value)) {
        if (truth(test(get(item))) === wanted) {
          yield item;
        }
      }
      return undefined;
    });
  };
}

export const selectFilters: readonly (readonly [string, NamedFunction])[] = [
  ['map', map],
  ['reject', selector(false, false)],
  ['rejectattr', selector(false, true)],
  ['select', selector(true, false)],
  ['selectattr', selector(true, true)],
];
