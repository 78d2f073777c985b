import type { Caller, NamedFunction } from './running.js';
import { bind, type Signature } from './signature.js';
import type { Value } from './values/value.js';

/** Makes one of a Python function with named parameters. */
export function named(
  name: string,
  parameters: string,
  required: number,
  apply: (args: readonly (Value | undefined)[], caller: Caller) => Value,
): NamedFunction {
  const signature: Signature = { name, parameters: parameters.split(' '), required };
  const most = signature.parameters.length;
  return (args, keywords, caller) =>
    keywords === undefined && args.length >= required && args.length <= most
      ? apply(args, caller)
      : apply(bind(signature, args, keywords), caller);
}
