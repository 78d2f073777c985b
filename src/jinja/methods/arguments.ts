import { fail, typeError } from '../errors.js';
import { isInt, isText, textOf, typeOf } from '../operators/types.js';
import type { Value } from '../values/value.js';

/** An index into something, which may lie as far outside of it as one likes. */
export function indexArgument(value: Value): number {
  if (isInt(value)) {
    return Number(value);
  }
  throw typeError(`'${typeOf(value)}' object cannot be interpreted as an integer`);
}

/** An argument that must be an int which Python's C code can hold. */
export function intArgument(value: Value, type: 'int' | 'ssize_t' = 'ssize_t'): number {
  const index = indexArgument(value);
  const beyond = type === 'int' ? 2 ** 31 : 2 ** 63;
  if (index >= beyond || index < -beyond) {
    throw fail('OverflowError', `Python int too large to convert to C ${type}`);
  }
  return index;
}

/** An argument that must be a str; its position where there are several. */
export function textArgument(value: Value, name: string, position: '' | ' 1' | ' 2'): string {
  if (isText(value)) {
    return textOf(value);
  }
  // Python's own functions say None where its types would say NoneType.
  const type = value === null ? 'None' : typeOf(value);
  throw typeError(`${name}() argument${position} must be str, not ${type}`);
}
