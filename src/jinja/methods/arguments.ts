import { typeError } from '../errors.js';
import { isInt, isText, textOf, typeOf } from '../operators/types.js';
import type { Value } from '../values/value.js';

/** An argument that must be an int. */
export function intArgument(value: Value): number {
  if (isInt(value)) return Number(value);
  throw typeError(`'${typeOf(value)}' object cannot be interpreted as an integer`);
}

/** An argument that must be a str; its position where there are several. */
export function textArgument(value: Value, name: string, position: '' | ' 1' | ' 2'): string {
  if (isText(value)) return textOf(value);
  // Python's own functions say None where its types would say NoneType.
  const type = value === null ? 'None' : typeOf(value);
  throw typeError(`${name}() argument${position} must be str, not ${type}`);
}
