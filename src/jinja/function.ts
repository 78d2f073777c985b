import type { Context } from './context.js';
import { bind, type Signature } from './signature.js';
import type { Template } from './template.js';
import type { Keywords, Value } from './values/value.js';

/** Who calls a filter or a test. */
export interface Caller {
  readonly context: Context;
  /** The template whose place a warning is about. */
  readonly template: Template;
}

/** A filter or a test: what is piped into it is its first argument. */
export type NamedFunction = (
  args: readonly Value[],
  keywords: Keywords | undefined,
  caller: Caller,
) => Value;

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
