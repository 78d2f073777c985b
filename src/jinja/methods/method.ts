import { notSupported, typeError } from '../errors.js';
import { stepThrough } from '../limits.js';
import { Callable } from '../values/callable.js';
import type { Keywords, Value } from '../values/value.js';

/** A method of a Python type: what it does with its object and its arguments. */
export type Method<Self> = (
  self: Self,
  args: readonly Value[],
  keywords: Keywords | undefined,
) => Value;

/** The methods of a type, and the attributes that Python's type has and this module does not. */
export class MethodTable<Self> {
  readonly #type: string;
  readonly #methods: ReadonlyMap<string, Method<Self>>;
  readonly #refused: ReadonlySet<string>;

  constructor(type: string, methods: { [name: string]: Method<Self> }, refused = '') {
    this.#type = type;
    this.#methods = new Map(Object.entries(methods));
    this.#refused = new Set(refused === '' ? [] : refused.split(' '));
  }

  /** The method bound to its object, or undefined where Python's type has no such attribute. */
  bound(self: Self, name: string): Value | undefined {
    const method = this.#methods.get(name);
    if (method !== undefined) {
      return new Callable(name, (args, keywords) => {
        if (typeof self === 'string') {
          stepThrough(self.length);
        }
        return method(self, args, keywords);
      });
    }
    if (this.#refused.has(name)) {
      throw notSupported(`${this.#type}.${name}`);
    }
    return undefined;
  }

  find(name: string): Method<Self> | undefined {
    return this.#methods.get(name);
  }

  names(): Iterable<string> {
    return this.#methods.keys();
  }
}

/** Checks the number of arguments of a method that takes them by position only. */
export function positional(
  name: string,
  args: readonly Value[],
  keywords: Keywords | undefined,
  least: number,
  most = least,
): void {
  if (keywords !== undefined && keywords.size > 0) {
    throw typeError(`${name}() takes no keyword arguments`);
  }
  if (args.length >= least && args.length <= most) {
    return;
  }
  const wanted =
    most === 0
      ? 'no arguments'
      : least === most
        ? `exactly ${least === 1 ? 'one argument' : `${least} arguments`}`
        : `from ${least} to ${most} arguments`;
  throw typeError(`${name}() takes ${wanted} (${args.length} given)`);
}
