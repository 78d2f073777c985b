import { fail, typeError, valueError } from '../errors.js';
import { step } from '../limits.js';
import { keyOf } from '../operators/hash.js';
import { iterable, toArray } from '../operators/iterate.js';
import { repr } from '../operators/print.js';
import { Dict, DictView } from '../values/dict.js';
import { Tuple } from '../values/list.js';
import { type Keywords, Obj, type Value } from '../values/value.js';
import { MethodTable, positional } from './method.js';

const dicts = new MethodTable<Dict>('dict', {
  clear(dict, args, keywords) {
    positional('dict.clear', args, keywords, 0);
    dict.changing().entries.clear();
    return null;
  },
  copy(dict, args, keywords) {
    positional('dict.copy', args, keywords, 0);
    return copyOf(dict);
  },
  get(dict, args, keywords) {
    positional('dict.get', args, keywords, 1, 2);
    const [key = null, otherwise = null] = args;
    const value = dict.get(key);
    return value === undefined ? otherwise : value;
  },
  items: view('items'),
  keys: view('keys'),
  pop(dict, args, keywords) {
    positional('dict.pop', args, keywords, 1, 2);
    const [key = null, otherwise] = args;
    // An empty dict does not look whether the key can be hashed.
    const value = dict.entries.size === 0 ? undefined : dict.get(key);
    if (value !== undefined) {
      dict.changing().entries.delete(keyOf(key));
    } else if (otherwise === undefined) {
      throw fail('KeyError', repr(key));
    }
    return value === undefined ? (otherwise ?? null) : value;
  },
  popitem(dict, args, keywords) {
    positional('dict.popitem', args, keywords, 0);
    // A Map has no way to its end but through all of it.
    step(dict.entries.size >> 9);
    let last: { readonly key: Value; readonly value: Value } | undefined;
    for (const entry of dict.entries.values()) {
      last = entry;
    }
    if (last === undefined) {
      throw fail('KeyError', "'popitem(): dictionary is empty'");
    }
    dict.changing().entries.delete(keyOf(last.key));
    return new Tuple([last.key, last.value]);
  },
  setdefault(dict, args, keywords) {
    positional('dict.setdefault', args, keywords, 1, 2);
    const [key = null, otherwise = null] = args;
    const value = dict.get(key);
    if (value !== undefined) {
      return value;
    }
    dict.changing().put(key, otherwise);
    return otherwise;
  },
  update(dict, args, keywords) {
    positional('dict.update', args, undefined, 0, 1);
    update(dict.changing(), args, keywords);
    return null;
  },
  values: view('values'),
  fromkeys(_dict, args, keywords) {
    positional('dict.fromkeys', args, keywords, 1, 2);
    const [keys = null, value = null] = args;
    return new Dict(toArray(keys).map((key) => [key, value] as const));
  },
});

function view(part: 'keys' | 'values' | 'items') {
  return (dict: Dict, args: readonly Value[], keywords: Keywords | undefined) => {
    positional(`dict.${part}`, args, keywords, 0);
    return new DictView(dict, part);
  };
}

function copyOf(dict: Dict): Dict {
  const copy = new Dict();
  for (const { key, value } of dict.entries.values()) {
    copy.put(key, value);
  }
  return copy;
}

/** What `dict(…)`, `d.update(…)` and `namespace(…)` make of their arguments. */
export function update(dict: Dict, args: readonly Value[], keywords: Keywords | undefined): void {
  const source = args[0];
  if (source instanceof Dict) {
    for (const { key, value } of source.entries.values()) {
      dict.put(key, value);
    }
  } else if (source !== undefined) {
    let index = 0;
    for (const pair of iterable(source)) {
      const [key, value] = pairOf(pair, index++);
      dict.put(key, value);
    }
  }
  if (keywords !== undefined) {
    for (const [key, value] of keywords) {
      dict.put(key, value);
    }
  }
}

function pairOf(pair: Value, index: number): readonly [Value, Value] {
  const isSequence =
    typeof pair === 'string' || (pair instanceof Obj && pair.iterate() !== undefined);
  if (!isSequence) {
    throw typeError(`cannot convert dictionary update sequence element #${index} to a sequence`);
  }
  const items = pair instanceof Tuple ? pair.items : toArray(pair);
  const [key, value] = items;
  if (items.length !== 2 || key === undefined || value === undefined) {
    throw valueError(
      `dictionary update sequence element #${index} has length ${items.length}; 2 is required`,
    );
  }
  return [key, value];
}

export function dictMethod(dict: Dict, name: string): Value | undefined {
  return dicts.bound(dict, name);
}
export function dictMethodNames(): Iterable<string> {
  return dicts.names();
}
