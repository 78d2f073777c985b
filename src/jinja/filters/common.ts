import { fail, typeError } from '../errors.js';
import { checkElements, step, stepThrough } from '../limits.js';
import { getElement } from '../operators/lookup.js';
import { str } from '../operators/print.js';
import { isInt, isText, textOf, typeOf } from '../operators/types.js';
import { settled } from '../operators/unicode.js';
import { Iter } from '../values/iterator.js';
import { Markup } from '../values/markup.js';
import { Undefined } from '../values/undefined.js';
import { type Keywords, Obj, type Value } from '../values/value.js';

/** What `soft_str` makes of a value: text as it is, Markup staying Markup, all else its `str`. */
export function soft(value: Value): string | Markup {
  return isText(value) ? value : str(value);
}

/** Applies a change to the text of a value; Markup stays Markup. */
export function onText(value: Value, change: (text: string) => string): Value {
  const text = soft(value);
  return typeof text === 'string' ? change(text) : new Markup(change(text.text));
}

/** Lower case for comparing text without regard to case; other values as they are. */
export function ignoreCase(value: Value): Value {
  if (!isText(value)) {
    return value;
  }
  const text = textOf(value);
  stepThrough(text.length);
  return settled(text).toLowerCase();
}

function attributeParts(attribute: Value): Value[] {
  if (attribute === null) {
    return [];
  }
  if (!isText(attribute)) {
    return [attribute];
  }
  return dividedAt(textOf(attribute), '.').map((part) =>
    /^\d+$/.test(part) ? Number(part) : part,
  );
}

/** The parts of a text between separators, of which a long one could have millions. */
function dividedAt(text: string, separator: string): string[] {
  stepThrough(text.length);
  const parts = text.split(separator);
  checkElements(parts.length);
  return parts;
}

/** Reads an attribute such as `address.city` or `0.name`; null reads the value itself. */
export function attributeGetter(
  attribute: Value,
  after: (value: Value) => Value = (value) => value,
  fallback: Value = null,
): (item: Value) => Value {
  const parts = attributeParts(attribute);
  return (item) => {
    let value = item;
    step(parts.length >> 2);
    for (const part of parts) {
      value = getElement(value, part);
      if (fallback !== null && value instanceof Undefined) {
        value = fallback;
      }
    }
    return after(value);
  };
}

/** Reads several attributes, `a,b.c`. */
export function attributesGetter(
  attribute: Value,
  after: (value: Value) => Value,
): (item: Value) => Value[] {
  const split: Value[] = isText(attribute) ? dividedAt(textOf(attribute), ',') : [attribute];
  const getters = split.map((one) => attributeGetter(one, after));
  return (item) => getters.map((get) => get(item));
}

/** `len(value)` */
export function lengthOfValue(value: Value): number {
  if (typeof value === 'string') {
    return new Markup(value).length();
  }
  const length = value instanceof Obj ? value.length() : undefined;
  if (length === undefined) {
    throw typeError(`object of type '${typeOf(value)}' has no len()`);
  }
  return length;
}

/** A generator as a value of templates. */
export function generator(make: () => Generator<Value, undefined>): Value {
  return new Iter(make());
}

/** Refuses keywords by the names of parameters that are given already. */
export function refuseNames(
  keywords: Keywords | undefined,
  name: string,
  given: readonly string[],
): void {
  for (const parameter of given) {
    if (keywords?.has(parameter) === true) {
      throw typeError(`${name}() got multiple values for argument '${parameter}'`);
    }
  }
}

/** An argument that Python uses as an index or a count. */
export function count(value: Value): number {
  if (isInt(value)) {
    return Number(value);
  }
  if (value instanceof Undefined) {
    throw value.failure();
  }
  throw typeError(`'${typeOf(value)}' object cannot be interpreted as an integer`);
}

export function attributeError(value: Value, name: string) {
  if (value instanceof Undefined) {
    return value.failure();
  }
  return fail('AttributeError', `'${typeOf(value)}' object has no attribute '${name}'`);
}

export function argumentError(message: string) {
  return fail('FilterArgumentError', message);
}
