import { fail, typeError } from '../errors.js';
import { addElements, checkElements } from '../limits.js';
import { callValue } from '../operators/call.js';
import { sameElement } from '../operators/compare.js';
import { toArray } from '../operators/iterate.js';
import { repr } from '../operators/print.js';
import { sorted } from '../operators/sort.js';
import { List, type Tuple } from '../values/list.js';
import type { Value } from '../values/value.js';
import { indexArgument, intArgument } from './arguments.js';
import { MethodTable, positional } from './method.js';

function indexOf(
  items: readonly Value[],
  name: string,
  args: readonly Value[],
  missing: (wanted: Value) => string,
): number {
  const [wanted = null, start = 0, stop = items.length] = args;
  const clamp = (value: Value) => {
    const index = indexArgument(value);
    return index < 0 ? Math.max(0, index + items.length) : index;
  };
  const end = Math.min(clamp(stop), items.length);
  for (let at = clamp(start); at < end; at++) {
    if (sameElement(items[at] ?? null, wanted)) {
      return at;
    }
  }
  throw fail('ValueError', missing(wanted), { hint: `${name} finds only what is there` });
}

function count(items: readonly Value[], wanted: Value | undefined): number {
  let found = 0;
  for (const item of items) {
    if (sameElement(item, wanted ?? null)) {
      found++;
    }
  }
  return found;
}

const lists = new MethodTable<List>('list', {
  append(list, args, keywords) {
    positional('list.append', args, keywords, 1);
    list.changing().push(args[0] ?? null);
    checkElements(list.items.length);
    addElements(1, false);
    return null;
  },
  clear(list, args, keywords) {
    positional('list.clear', args, keywords, 0);
    list.changing().length = 0;
    return null;
  },
  copy(list, args, keywords) {
    positional('list.copy', args, keywords, 0);
    return new List(list.items.slice());
  },
  count(list, args, keywords) {
    positional('list.count', args, keywords, 1);
    return count(list.items, args[0]);
  },
  extend(list, args, keywords) {
    positional('list.extend', args, keywords, 1);
    extend(list, args[0] ?? null);
    return null;
  },
  index(list, args, keywords) {
    positional('list.index', args, keywords, 1, 3);
    return indexOf(list.items, 'list.index', args, (wanted) => `${repr(wanted)} is not in list`);
  },
  insert(list, args, keywords) {
    positional('list.insert', args, keywords, 2);
    const index = intArgument(args[0] ?? null);
    list.changing().splice(index, 0, args[1] ?? null);
    checkElements(list.items.length);
    addElements(1, false);
    return null;
  },
  pop(list, args, keywords) {
    positional('list.pop', args, keywords, 0, 1);
    const [at = -1] = args;
    const index = intArgument(at);
    const items = list.changing();
    if (items.length === 0) {
      throw fail('IndexError', 'pop from empty list');
    }
    const from = index < 0 ? index + items.length : index;
    if (from < 0 || from >= items.length) {
      throw fail('IndexError', 'pop index out of range');
    }
    return items.splice(from, 1)[0] ?? null;
  },
  remove(list, args, keywords) {
    positional('list.remove', args, keywords, 1);
    const at = indexOf(list.items, 'list.remove', args, () => 'list.remove(x): x not in list');
    list.changing().splice(at, 1);
    return null;
  },
  reverse(list, args, keywords) {
    positional('list.reverse', args, keywords, 0);
    list.changing().reverse();
    return null;
  },
  sort(list, args, keywords) {
    positional('list.sort', args, undefined, 0);
    for (const name of keywords?.keys() ?? []) {
      if (name !== 'key' && name !== 'reverse') {
        throw typeError(`'${name}' is an invalid keyword argument for sort()`);
      }
    }
    const key = keywords?.get('key') ?? null;
    const reverse = keywords?.has('reverse') ? (keywords.get('reverse') ?? null) : false;
    const items = list.changing();
    const result = sorted(
      items,
      key === null ? undefined : (item) => callValue(key, [item], undefined),
      typeof reverse === 'boolean' ? reverse : intArgument(reverse, 'int') !== 0,
    );
    items.splice(0, items.length, ...result);
    return null;
  },
});

function extend(list: List, value: Value): void {
  const items = list.changing();
  const more = value === list ? items.slice() : toArray(value);
  checkElements(items.length + more.length);
  addElements(more.length, false);
  for (const item of more) {
    items.push(item);
  }
}

export function listMethod(list: List, name: string): Value | undefined {
  return lists.bound(list, name);
}
export function listMethodNames(): Iterable<string> {
  return lists.names();
}

const tuples = new MethodTable<Tuple>('tuple', {
  count(tuple, args, keywords) {
    positional('tuple.count', args, keywords, 1);
    return count(tuple.items, args[0]);
  },
  index(tuple, args, keywords) {
    positional('tuple.index', args, keywords, 1, 3);
    return indexOf(tuple.items, 'tuple.index', args, () => 'tuple.index(x): x not in tuple');
  },
});

export function tupleMethod(tuple: Tuple, name: string): Value | undefined {
  return tuples.bound(tuple, name);
}
export function tupleMethodNames(): Iterable<string> {
  return tuples.names();
}
