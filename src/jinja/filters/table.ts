import { named } from '../function.js';
import { truth } from '../operators/truth.js';
import type { NamedFunction } from '../running.js';
import { Undefined } from '../values/undefined.js';
import { htmlFilters } from './html.js';
import { numberFilters } from './number.js';
import { selectFilters } from './select.js';
import { sequenceFilters } from './sequence.js';
import { textFilters } from './text.js';

const otherwise = named(
  'do_default',
  'value default_value boolean',
  1,
  ([value = null, fallback = '', boolean = false]) =>
    value instanceof Undefined || (truth(boolean) && !truth(value)) ? fallback : value,
);

/** All of Jinja2's filters, by name. */
export const builtinFilters: ReadonlyMap<string, NamedFunction> = new Map([
  ...textFilters,
  ...sequenceFilters,
  ...selectFilters,
  ...numberFilters,
  ...htmlFilters,
  ['d', otherwise],
  ['default', otherwise],
]);
