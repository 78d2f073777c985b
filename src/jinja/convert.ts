import type { Data } from '#core/data/data.js';
import { Float } from '#core/data/data.js';
import { normal } from './operators/numbers.js';
import { Dict } from './values/dict.js';
import { List } from './values/list.js';
import type { Value } from './values/value.js';

/** A value from outside as one of the template world; `shared` where templates must not change it. */
export function toValue(data: Data, shared: boolean): Value {
  switch (typeof data) {
    case 'string':
    case 'boolean':
      return data;
    case 'bigint':
      return normal(data);
    case 'number':
      if (!Number.isSafeInteger(data)) {
        throw new TypeError(`${data} is not a safe integer: use Float or a bigint for it`);
      }
      return data === 0 ? 0 : data;
  }
  if (data === null || data instanceof Float) {
    return data;
  }
  if (data instanceof Map) {
    const pairs: [Value, Value][] = [];
    for (const [key, value] of data as ReadonlyMap<Data, Data>) {
      pairs.push([toValue(key, shared), toValue(value, shared)]);
    }
    return new Dict(pairs, shared);
  }
  if (Array.isArray(data)) {
    return new List(
      (data as readonly Data[]).map((item) => toValue(item, shared)),
      shared,
    );
  }
  throw new TypeError(`${String(data)} is nothing that a template can be given`);
}
