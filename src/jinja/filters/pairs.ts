import { typeError, valueError } from '../errors.js';
import { isIterable, toArray } from '../operators/iterate.js';
import { typeOf } from '../operators/types.js';
import type { Value } from '../values/value.js';

/** The two parts of a pair, as `for key, value in …` takes it apart. */
export function unpackPair(pair: Value): readonly [Value, Value] {
  if (!isIterable(pair)) {
    throw typeError(`cannot unpack non-iterable ${typeOf(pair)} object`);
  }
  const parts = toArray(pair);
  const [first, second] = parts;
  if (first === undefined || second === undefined) {
    throw valueError(`not enough values to unpack (expected 2, got ${parts.length})`);
  }
  if (parts.length > 2) {
    throw valueError('too many values to unpack (expected 2)');
  }
  return [first, second];
}
