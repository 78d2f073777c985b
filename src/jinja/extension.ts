import { type NamedFunction, named } from './function.js';
import type { Value } from './values/value.js';

/**
 * A filter of one's own. It gets the values of the template world as they are and gives one back;
 * `throw fail(…)` makes it an error of the template at the filter's place.
 */
export interface Filter {
  /** Names of the parameters after the piped value, for keyword arguments and messages. */
  readonly parameters?: readonly string[];
  /** How many of them may be left out, counted from the end; those are then `undefined`. */
  readonly optional?: number;
  readonly apply: (value: Value, args: readonly (Value | undefined)[], tools: FilterTools) => Value;
}

export interface FilterTools {
  /** Adds a warning at the filter's place; the template renders all the same. */
  warn(message: string): void;
}

const functions = new WeakMap<object, ReadonlyMap<string, NamedFunction>>();

/** Filters as the runtime calls them. */
export function filterFunctions(
  filters: ReadonlyMap<string, Filter>,
): ReadonlyMap<string, NamedFunction> {
  let made = functions.get(filters);
  if (made === undefined) {
    made = new Map(Array.from(filters, ([name, filter]) => [name, filterFunction(name, filter)]));
    functions.set(filters, made);
  }
  return made;
}

function filterFunction(name: string, filter: Filter): NamedFunction {
  const parameters = ['value', ...(filter.parameters ?? [])];
  const required = parameters.length - (filter.optional ?? 0);
  return named(name, parameters.join(' '), required, ([value = null, ...args], caller) =>
    filter.apply(value, args, {
      warn: (message) => caller.context.rendering.warn(message, caller.template),
    }),
  );
}
