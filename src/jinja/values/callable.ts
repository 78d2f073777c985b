import { notSupported } from '../errors.js';
import { type Keywords, Obj, type Value } from './value.js';

/** A function of ours that templates may call: a global, or a method bound to its object. */
export class Callable extends Obj {
  readonly type: string;
  readonly name: string;
  override readonly call: (args: readonly Value[], keywords: Keywords | undefined) => Value;

  constructor(
    name: string,
    call: (args: readonly Value[], keywords: Keywords | undefined) => Value,
    type = 'builtin_function_or_method',
  ) {
    super();
    this.name = name;
    this.call = call;
    this.type = type;
  }
  override attribute(name: string): Value | undefined {
    throw notSupported(`the attribute ${name} of a function`);
  }
}
