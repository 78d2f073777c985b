import { fileLine, type Place } from '#core/diagnostics/diagnostic.js';
import type { PolicyRule } from '#core/diagnostics/rules.js';
import { some } from '#core/text/some.js';
import type { Found } from '#formats/settings/tableReader.js';

/** A rule that an image breaks. */
export interface Breach {
  readonly rule: PolicyRule;
  readonly message: string;
  readonly place: Place;
  readonly hint: string;
}

/** As fit in a line. */
const mostNames = 6;

/** What is allowed, and where that is written. */
export function allowed(list: readonly Found<string>[], none: string): string {
  const [first] = list;
  if (first === undefined) {
    return none;
  }
  const names = list.map(({ value }) => value);
  return `allowed: ${some(names, mostNames)} (${fileLine(first.place)})`;
}
