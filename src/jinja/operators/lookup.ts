import { Float } from '#core/data/data.js';
import { isFailure, notSupported } from '../errors.js';
import { strMethod } from '../methods/str.js';
import { undefinedMember } from '../values/undefined.js';
import { Obj, type Value } from '../values/value.js';
import { dunders } from './dunders.js';
import { characterOf } from './slice.js';
import { isInt, isText, textOf, typeOf } from './types.js';

/** `value.name` of a template: the attribute, else the item, else undefined. */
export function getAttribute(value: Value, name: string): Value {
  const attribute = attributeOf(value, name);
  if (attribute !== undefined) {
    return attribute;
  }
  const item = getItem(value, name);
  return item === undefined ? undefinedMember(value, name) : item;
}

/** `value[key]` of a template: the item, else, for a str, the attribute, else undefined. */
export function getElement(value: Value, key: Value): Value {
  const found = getItem(value, key);
  if (found !== undefined) {
    return found;
  }
  const attribute = isText(key) ? attributeOf(value, textOf(key)) : undefined;
  return attribute === undefined ? undefinedMember(value, key) : attribute;
}

/** `value[key]`, or undefined after the errors that Jinja2 takes as "has none". */
export function getItem(value: Value, key: Value): Value | undefined {
  if (typeof value === 'string') {
    return characterOf(value, key);
  }
  if (!(value instanceof Obj)) {
    return undefined;
  }
  try {
    return value.item(key);
  } catch (thrown) {
    if (isFailure(thrown, 'TypeError')) {
      return undefined;
    }
    throw thrown;
  }
}

/** How Python names the private attributes of a class. */
const mangled = /^_[A-Za-z]+__/;

const numberAttributes: ReadonlySet<string> = new Set(
  'as_integer_ratio bit_count bit_length conjugate denominator from_bytes fromhex hex imag is_integer numerator real to_bytes'.split(
    ' ',
  ),
);

/** `getattr(value, name)`, or undefined where Python's type has no such attribute. */
export function attributeOf(value: Value, name: string): Value | undefined {
  if (dunders.has(name) || mangled.test(name)) {
    throw notSupported(`the attribute ${name}`);
  }
  if (typeof value === 'string') {
    return strMethod(value, name);
  }
  if (value instanceof Obj) {
    return value.attribute(name);
  }
  if ((isInt(value) || value instanceof Float) && numberAttributes.has(name)) {
    throw notSupported(`${typeOf(value)}.${name}`);
  }
  return undefined;
}
