import type { Float } from '#core/data/data.js';
import { notSupported } from '../errors.js';

/**
 * A value of the template world. Python's int is a number while it is a safe integer and a bigint
 * beyond; None is null; everything that is not a scalar is an `Obj`. JavaScript's own arrays,
 * functions and plain objects never occur, so nothing of the host can be reached from a template.
 */
export type Value = null | boolean | number | bigint | Float | string | Obj;

/** Keyword arguments, in the order they were written. */
export type Keywords = ReadonlyMap<string, Value>;

/** A value with behaviour of its own: what each method answers is what Python's type does. */
export abstract class Obj {
  /** `type(x).__name__`, for messages. */
  abstract readonly type: string;
  /** The module before it where Jinja2's messages show one; empty for built-in types. */
  get module(): string {
    return '';
  }

  /** `repr(x)`. Where Python shows a memory address there is nothing to be equal to. */
  repr(): string {
    throw notSupported(
      `printing a ${this.type}, which Python does with its memory address,`,
      'turn it into a list or text first, with |list or |join',
    );
  }
  /** `str(x)` */
  str(): string {
    return this.repr();
  }
  /** `bool(x)` */
  truth(): boolean {
    const length = this.length();
    return length === undefined || length > 0;
  }
  /** `len(x)`; undefined where it has none. */
  length(): number | undefined {
    return undefined;
  }
  /** `iter(x)`; undefined where it is not iterable. */
  iterate(): Iterator<Value> | undefined {
    return undefined;
  }
  /** `getattr(x, name)`; undefined where there is no such attribute. */
  attribute(_name: string): Value | undefined {
    return undefined;
  }
  /** `x[key]`; undefined for the failures after which Jinja2 continues looking. */
  item(_key: Value): Value | undefined {
    return undefined;
  }
  /** `x(*args, **keywords)`; undefined in place of the method where it cannot be called. */
  declare readonly call?: (args: readonly Value[], keywords: Keywords | undefined) => Value;
  /** Names that `attribute` and `item` answer, for suggestions. */
  knownNames(): Iterable<string> {
    return [];
  }
}
