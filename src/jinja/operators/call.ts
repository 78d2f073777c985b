import { notSupported, typeError } from '../errors.js';
import { type Keywords, Obj, type Value } from '../values/value.js';
import { typeOf } from './types.js';

/** Names of parameters of the function by which Jinja2 makes all calls. */
const ownParameters = ['_loop_vars', '_block_vars', '_Context__self', '_Context__obj'];

/** `value(*args, **keywords)` */
export function callValue(
  value: Value,
  args: readonly Value[],
  keywords: Keywords | undefined,
): Value {
  if (keywords !== undefined) {
    for (const name of ownParameters) {
      if (keywords.has(name)) {
        throw notSupported(`an argument with the name ${name}`);
      }
    }
  }
  if (value instanceof Obj && value.call !== undefined) {
    return value.call(args, keywords);
  }
  throw typeError(`'${typeOf(value)}' object is not callable`);
}
