import { Float } from '#core/data/data.js';
import { Obj, type Value } from '../values/value.js';

/** `bool(value)` */
export function truth(value: Value): boolean {
  if (value instanceof Obj) {
    return value.truth();
  }
  if (value instanceof Float) {
    return value.value !== 0;
  }
  // None, False, 0 and '' are false in both languages.
  return Boolean(value);
}
