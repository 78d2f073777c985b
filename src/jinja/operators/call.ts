import { typeError } from '../errors.js';
import { type Keywords, Obj, type Value } from '../values/value.js';
import { typeOf } from './types.js';

/** `value(*args, **keywords)` */
export function callValue(
  value: Value,
  args: readonly Value[],
  keywords: Keywords | undefined,
): Value {
  if (value instanceof Obj && value.call !== undefined) return value.call(args, keywords);
  throw typeError(`'${typeOf(value)}' object is not callable`);
}
