import { typeError } from '../errors.js';
import { checkElements, step } from '../limits.js';
import { Obj, type Value } from '../values/value.js';
import { typeOf } from './types.js';

/** `iter(value)` */
export function iterator(value: Value): Iterator<Value> {
  if (typeof value === 'string') {
    return value[Symbol.iterator]();
  }
  const found = value instanceof Obj ? value.iterate() : undefined;
  if (found === undefined) {
    throw typeError(`'${typeOf(value)}' object is not iterable`);
  }
  return found;
}

/** Whether `iter(value)` gives an iterator; an undefined value fails even here. */
export function isIterable(value: Value): boolean {
  return typeof value === 'string' || (value instanceof Obj && value.iterate() !== undefined);
}

/** `iter(value)` for a loop; each element counts as work. */
export function iterable(value: Value): Iterable<Value> {
  const source = iterator(value);
  return {
    [Symbol.iterator]: () => ({
      next() {
        step();
        return source.next();
      },
    }),
  };
}

/** `list(value)`, as an array of its own. */
export function toArray(value: Value): Value[] {
  const items: Value[] = [];
  for (const item of iterable(value)) {
    items.push(item);
    if (items.length % 1024 === 0) {
      checkElements(items.length);
    }
  }
  return items;
}
