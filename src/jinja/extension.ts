import type { Filter } from './filter.js';
import { named } from './function.js';
import type { NamedFunction } from './running.js';

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
