import { Float } from '#core/data/data.js';
import { Markup } from '../values/markup.js';
import { Obj, type Value } from '../values/value.js';

/** `type(value).__name__` */
export function typeOf(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
    case 'bigint':
      return 'int';
    default:
      if (value === null) {
        return 'NoneType';
      }
      return value instanceof Obj ? value.type : 'float';
  }
}

/** How Jinja2 names an object in messages: `str object`, `jinja2.utils.Namespace object`, `None`. */
export function typeReprOf(value: Value): string {
  if (value === null) {
    return 'None';
  }
  const module = value instanceof Obj ? value.module : '';
  return `${module === '' ? '' : `${module}.`}${typeOf(value)} object`;
}

export type Int = number | bigint;
export type Num = boolean | Int | Float;

/** Python's int, which bool is one of. */
export function isInt(value: Value): value is boolean | Int {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
}

export function isNumber(value: Value): value is Num {
  return isInt(value) || value instanceof Float;
}

/** Python's str, which Markup is one of. */
export function isText(value: Value): value is string | Markup {
  return typeof value === 'string' || value instanceof Markup;
}

/** The characters of a str. */
export function textOf(value: string | Markup): string {
  return typeof value === 'string' ? value : value.text;
}
