import { step, stepThrough } from '../limits.js';
import { Dict } from '../values/dict.js';
import { List, Tuple } from '../values/list.js';
import { Markup } from '../values/markup.js';
import { Range } from '../values/range.js';
import type { Value } from '../values/value.js';

/** Accounts for going through a value once, as what filters, tests and comparisons do. */
export function accountFor(value: Value | undefined): void {
  if (typeof value === 'string') {
    stepThrough(value.length);
  } else if (value instanceof Markup) {
    stepThrough(value.text.length);
  } else if (value instanceof List || value instanceof Tuple) {
    step(value.items.length >> 6);
  } else if (value instanceof Dict) {
    step(value.entries.size >> 4);
  } else if (value instanceof Range) {
    step(value.size >> 6);
  }
}
