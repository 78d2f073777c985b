import { notSupported, typeError } from '../errors.js';
import { percentFormat } from '../format/percent.js';
import { checkElements, checkLength, checkRepetition } from '../limits.js';
import { Dict, DictView } from '../values/dict.js';
import { List, Tuple } from '../values/list.js';
import { escapeText, Markup } from '../values/markup.js';
import { Range } from '../values/range.js';
import { Undefined } from '../values/undefined.js';
import { Obj, type Value } from '../values/value.js';
import { sameElement } from './compare.js';
import { isIterable, iterable } from './iterate.js';
import {
  addNumbers,
  divideNumbers,
  floorDivideNumbers,
  intOf,
  moduloNumbers,
  multiplyNumbers,
  negative,
  positive,
  powerNumbers,
  subtractNumbers,
} from './numbers.js';
import { str } from './print.js';
import { findText } from './search.js';
import { type Int, isInt, isNumber, isText, type Num, textOf, typeOf } from './types.js';

function unsupported(operator: string, a: Value, b: Value): never {
  throw typeError(`unsupported operand type(s) for ${operator}: '${typeOf(a)}' and '${typeOf(b)}'`);
}

/** Arithmetic with an undefined value fails as that value, whatever the other one is. */
function refuseUndefined(a: Value, b: Value): void {
  if (a instanceof Undefined) {
    throw a.failure();
  }
  if (b instanceof Undefined) {
    throw b.failure();
  }
}

/** An operator that only numbers have. */
function numeric(operator: string, apply: (a: Num, b: Num) => Value) {
  return (a: Value, b: Value): Value => {
    if (isNumber(a) && isNumber(b)) {
      return apply(a, b);
    }
    refuseUndefined(a, b);
    return unsupported(operator, a, b);
  };
}

export const subtract = numeric('-', subtractNumbers);
export const divide = numeric('/', divideNumbers);
export const floorDivide = numeric('//', floorDivideNumbers);
export const power = numeric('** or pow()', powerNumbers);

export function add(a: Value, b: Value): Value {
  if (isNumber(a) && isNumber(b)) {
    return addNumbers(a, b);
  }
  if (isText(a) && isText(b)) {
    return concatenate(a, b);
  }
  refuseUndefined(a, b);
  if (a instanceof List && b instanceof List) {
    return new List(a.items.concat(b.items));
  }
  if (a instanceof Tuple && b instanceof Tuple) {
    return new Tuple(a.items.concat(b.items));
  }
  if (isText(a) || a instanceof List || a instanceof Tuple) {
    const type = isText(a) ? 'str' : a.type;
    throw typeError(`can only concatenate ${type} (not "${typeOf(b)}") to ${type}`);
  }
  return unsupported('+', a, b);
}

function concatenate(a: string | Markup, b: string | Markup): Value {
  checkLength(textOf(a).length + textOf(b).length);
  if (typeof a === 'string' && typeof b === 'string') {
    return a + b;
  }
  return new Markup(escapeText(a).text + escapeText(b).text);
}

export function multiply(a: Value, b: Value): Value {
  if (isNumber(a) && isNumber(b)) {
    return multiplyNumbers(a, b);
  }
  refuseUndefined(a, b);
  if (isSequence(a)) {
    return repeat(a, b);
  }
  if (isSequence(b)) {
    return repeat(b, a);
  }
  return unsupported('*', a, b);
}

type Sequence = string | Markup | List | Tuple;

function isSequence(value: Value): value is Sequence {
  return isText(value) || value instanceof List || value instanceof Tuple;
}

function repeat(sequence: Sequence, by: Value): Value {
  if (!isInt(by)) {
    throw typeError(`can't multiply sequence by non-int of type '${typeOf(by)}'`);
  }
  const times = repetitions(intOf(by));
  if (isText(sequence)) {
    const text = textOf(sequence);
    checkRepetition(text.length * times);
    checkLength(text.length * times);
    const repeated = text.repeat(times);
    return sequence instanceof Markup ? new Markup(repeated) : repeated;
  }
  const { items } = sequence;
  checkRepetition(items.length * times);
  checkElements(items.length * times);
  const repeated: Value[] = [];
  for (let time = 0; time < times; time++) {
    for (const item of items) {
      repeated.push(item);
    }
  }
  return sequence instanceof List ? new List(repeated) : new Tuple(repeated);
}

function repetitions(by: Int): number {
  if (by <= 0) {
    return 0;
  }
  checkRepetition(Number(by));
  return Number(by);
}

/** `a % b`: the remainder, or printf's formatting. */
export function modulo(a: Value, b: Value): Value {
  if (typeof a === 'string') {
    return percentFormat(a, b);
  }
  if (a instanceof Markup) {
    throw notSupported('formatting Markup with %');
  }
  if (isNumber(a) && isNumber(b)) {
    return moduloNumbers(a, b);
  }
  refuseUndefined(a, b);
  return unsupported('%', a, b);
}

export function negate(value: Value): Value {
  if (value instanceof Undefined) {
    throw value.failure();
  }
  return negative(value);
}

export function plus(value: Value): Value {
  if (value instanceof Undefined) {
    throw value.failure();
  }
  return positive(value);
}

/** `a ~ b ~ c` */
export function join(values: readonly Value[]): string {
  let text = '';
  for (const value of values) {
    text += str(value);
    checkLength(text.length);
  }
  return text;
}

/** `item in container` */
export function contains(container: Value, item: Value): boolean {
  if (isText(container)) {
    if (!isText(item)) {
      throw typeError(`'in <string>' requires string as left operand, not ${typeOf(item)}`);
    }
    return findText(textOf(container), textOf(item)) >= 0;
  }
  if (container instanceof Dict) {
    return container.has(item);
  }
  if (container instanceof DictView && container.part === 'keys') {
    return container.dict.has(item);
  }
  if (container instanceof Range && isInt(item)) {
    const offset = Number(intOf(item)) - container.start;
    const index = offset / container.stride;
    return Number.isInteger(index) && index >= 0 && index < container.size;
  }
  if (!(container instanceof Obj) || !isIterable(container)) {
    throw typeError(`argument of type '${typeOf(container)}' is not iterable`);
  }
  for (const element of iterable(container)) {
    if (sameElement(element, item)) {
      return true;
    }
  }
  return false;
}
