import { Float } from '#core/data/data.js';
import { typeError } from '../errors.js';
import { deeper, step, stepThrough } from '../limits.js';
import { Dict, DictView } from '../values/dict.js';
import { List, Tuple } from '../values/list.js';
import { Range } from '../values/range.js';
import { LenientUndefined, Undefined } from '../values/undefined.js';
import { Obj, type Value } from '../values/value.js';
import { floatOf, intOf } from './numbers.js';
import { compareText } from './text.js';
import { isInt, isNumber, isText, type Num, textOf, typeOf } from './types.js';

/** `a == b` */
export function equals(a: Value, b: Value): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    if (a.length === b.length) {
      stepThrough(a.length);
    }
    return a === b;
  }
  if (isStrict(a)) {
    throw a.failure();
  }
  if (isStrict(b)) {
    throw b.failure();
  }
  if (isNumber(a)) {
    return isNumber(b) && sameNumber(a, b);
  }
  if (isText(a)) {
    return isText(b) && textOf(a) === textOf(b);
  }
  if (a === null || !(b instanceof Obj) || !(a instanceof Obj)) {
    return a === b;
  }
  if (a instanceof List) {
    return b instanceof List && sameItems(a.items, b.items);
  }
  if (a instanceof Tuple) {
    return b instanceof Tuple && sameItems(a.items, b.items);
  }
  if (a instanceof Dict) {
    return b instanceof Dict && sameDicts(a, b);
  }
  if (a instanceof Range) {
    return b instanceof Range && sameRanges(a, b);
  }
  if (a instanceof DictView) {
    return b instanceof DictView && sameViews(a, b);
  }
  if (a instanceof LenientUndefined) {
    return b instanceof LenientUndefined;
  }
  return a === b;
}

function isStrict(value: Value): value is Undefined {
  return value instanceof Undefined && !(value instanceof LenientUndefined);
}

function sameNumber(a: Num, b: Num): boolean {
  const left = a instanceof Float ? a.value : intOf(a);
  const right = b instanceof Float ? b.value : intOf(b);
  // JavaScript compares a number and a bigint by their exact values, as Python does.
  // biome-ignore lint/suspicious/noDoubleEquals: strict equality would tell 1 and 1n apart
  return left == right;
}

/** `a is b or a == b`, which is how containers compare their elements. */
export function sameElement(a: Value, b: Value): boolean {
  step();
  return (typeof a === 'object' && a === b) || equals(a, b);
}

function sameItems(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) {
    return false;
  }
  return deeper(() => a.every((item, index) => sameElement(item, b[index] ?? null)));
}

/** Whether two ranges give the same numbers. */
function sameRanges(a: Range, b: Range): boolean {
  if (a.size !== b.size) {
    return false;
  }
  return a.size === 0 || (a.start === b.start && (a.size === 1 || a.stride === b.stride));
}

function sameDicts(a: Dict, b: Dict): boolean {
  if (a.entries.size !== b.entries.size) {
    return false;
  }
  return deeper(() => {
    for (const [key, entry] of a.entries) {
      const other = b.entries.get(key);
      if (other === undefined || !sameElement(entry.value, other.value)) {
        return false;
      }
    }
    return true;
  });
}

function sameViews(a: DictView, b: DictView): boolean {
  if (a.part === 'values' || b.part === 'values') {
    return a === b;
  }
  if (a.part === 'items' || b.part === 'items') {
    return a.part === b.part && sameDicts(a.dict, b.dict);
  }
  step(a.dict.entries.size >> 4);
  return (
    a.dict.entries.size === b.dict.entries.size &&
    [...a.dict.entries.keys()].every((key) => b.dict.entries.has(key))
  );
}

export type Ordering = '<' | '<=' | '>' | '>=';

/** `a < b` and its like. */
export function ordered(operator: Ordering, a: Value, b: Value): boolean {
  const sign = order(operator, a, b);
  switch (operator) {
    case '<':
      return sign < 0;
    case '<=':
      return sign <= 0;
    case '>':
      return sign > 0;
    case '>=':
      return sign >= 0;
  }
}

/** Negative, zero, positive, or NaN where neither holds. */
function order(operator: Ordering, a: Value, b: Value): number {
  if (a instanceof Undefined) {
    throw a.failure();
  }
  if (b instanceof Undefined) {
    throw b.failure();
  }
  if (isNumber(a) && isNumber(b)) {
    return orderNumbers(a, b);
  }
  if (isText(a) && isText(b)) {
    return compareText(textOf(a), textOf(b));
  }
  if (a instanceof List && b instanceof List) {
    return orderItems(operator, a.items, b.items);
  }
  if (a instanceof Tuple && b instanceof Tuple) {
    return orderItems(operator, a.items, b.items);
  }
  throw typeError(
    `'${operator}' not supported between instances of '${typeOf(a)}' and '${typeOf(b)}'`,
  );
}

function orderNumbers(a: Num, b: Num): number {
  if (isInt(a) && isInt(b)) {
    const [left, right] = [intOf(a), intOf(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  }
  const left = a instanceof Float ? a.value : intOf(a);
  const right = b instanceof Float ? b.value : intOf(b);
  if (left < right) {
    return -1;
  }
  if (left > right) {
    return 1;
  }
  return Number.isNaN(floatOrZero(left)) || Number.isNaN(floatOrZero(right)) ? Number.NaN : 0;
}

function floatOrZero(value: number | bigint): number {
  return typeof value === 'bigint' ? 0 : floatOf(new Float(value));
}

function orderItems(operator: Ordering, a: readonly Value[], b: readonly Value[]): number {
  return deeper(() => {
    for (let index = 0; index < a.length && index < b.length; index++) {
      const left = a[index] ?? null;
      const right = b[index] ?? null;
      if (!sameElement(left, right)) {
        return order(operator, left, right);
      }
    }
    return a.length - b.length;
  });
}
