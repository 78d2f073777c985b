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
