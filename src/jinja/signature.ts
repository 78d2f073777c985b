import { typeError } from './errors.js';
import type { Keywords, Value } from './values/value.js';

/** The parameters of something that templates call. */
export interface Signature {
  /** As Python's messages call it: `do_replace`, `str.split`. */
  readonly name: string;
  readonly parameters: readonly string[];
  /** How many of them must be given. */
  readonly required: number;
  /** Parameters before this index cannot be given by name. */
  readonly positionalOnly?: number;
}

/** Puts arguments in the order of the parameters; undefined for those left to their default. */
export function bind(
  signature: Signature,
  args: readonly Value[],
  keywords: Keywords | undefined,
): (Value | undefined)[] {
  const { name, parameters, required, positionalOnly = 0 } = signature;
  if (args.length > parameters.length) {
    throw typeError(
      `${name}() takes ${parameters.length === required ? '' : 'from '}${counted(required, parameters.length)} but ${args.length} were given`,
    );
  }
  const bound: (Value | undefined)[] = args.slice();
  bound.length = parameters.length;
  if (keywords !== undefined) {
    for (const [keyword, value] of keywords) {
      const index = parameters.indexOf(keyword, positionalOnly);
      if (index < 0) {
        throw typeError(`${name}() got an unexpected keyword argument '${keyword}'`);
      }
      if (bound[index] !== undefined) {
        throw typeError(`${name}() got multiple values for argument '${keyword}'`);
      }
      bound[index] = value;
    }
  }
  const missing: string[] = [];
  for (let index = 0; index < required; index++) {
    if (bound[index] === undefined) {
      missing.push(`'${parameters[index]}'`);
    }
  }
  if (missing.length > 0) {
    throw typeError(
      `${name}() missing ${missing.length} required positional argument${missing.length > 1 ? 's' : ''}: ${listed(missing)}`,
    );
  }
  return bound;
}

function counted(required: number, most: number): string {
  const range = required === most ? `${most}` : `${required} to ${most}`;
  return `${range} positional argument${most === 1 ? '' : 's'}`;
}

function listed(names: readonly string[]): string {
  if (names.length < 3) {
    return names.join(' and ');
  }
  return `${names.slice(0, -1).join(', ')}, and ${names.at(-1)}`;
}
