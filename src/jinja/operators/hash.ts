import { Float } from '#core/data/data.js';
import { typeError } from '../errors.js';
import { checked, step } from '../limits.js';
import { Dict, DictView } from '../values/dict.js';
import { List, Tuple } from '../values/list.js';
import { Markup } from '../values/markup.js';
import { Range } from '../values/range.js';
import { LenientUndefined, Undefined } from '../values/undefined.js';
import type { Obj, Value } from '../values/value.js';
import { normal } from './numbers.js';
import { typeOf } from './types.js';

/** What a dict or a set of Python compares keys by, as a key of a JavaScript Map. */
export type Key = string | number | bigint | null | Obj | Float;

// Starts the keys of tuples; a string that starts with it gets one more.
const mark = '\0';

/** The key of a value: equal keys for what Python counts as equal (1, 1.0 and True). */
export function keyOf(value: Value): Key {
  switch (typeof value) {
    case 'string':
      return value.startsWith(mark) ? mark + value : value;
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return Number(value);
  }
  if (value === null) {
    return null;
  }
  if (value instanceof Float) {
    if (Number.isInteger(value.value)) {
      return normal(BigInt(value.value));
    }
    return Number.isNaN(value.value) ? value : value.value;
  }
  if (value instanceof Markup) {
    return keyOf(value.text);
  }
  if (value instanceof Tuple) {
    return checked(`${mark}(${value.items.map(partKey).join('')}`);
  }
  if (value instanceof Range) {
    return `${mark}range${rangeKey(value)}`;
  }
  if (value instanceof LenientUndefined) {
    return `${mark}undefined`;
  }
  if (value instanceof Undefined) {
    throw value.failure();
  }
  if (value instanceof List || value instanceof Dict || value instanceof DictView) {
    throw typeError(`unhashable type: '${typeOf(value)}'`);
  }
  return value;
}

/** Ranges are equal when they give the same numbers. */
function rangeKey({ size, start, stride }: Range): string {
  if (size === 0) {
    return '';
  }
  return size === 1 ? `${start}` : `${start},${stride},${size}`;
}

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

function partKey(value: Value): string {
  step();
  const key = keyOf(value);
  if (typeof key === 'string') {
    return `s${key.length}:${key}`;
  }
  if (key === null) {
    return 'n';
  }
  if (typeof key !== 'object') {
    return `${key},`;
  }
  let identity = identities.get(key);
  if (identity === undefined) {
    identity = ++lastIdentity;
    identities.set(key, identity);
  }
  return `#${identity},`;
}
