import { parseAge } from '#upkeep/prune/age.js';
import { type Parsed, UsageError } from './spec.js';

/** The value of an option that takes a duration, in milliseconds; undefined where it is not given. */
export function readAge(parsed: Parsed, option: string): number | undefined {
  const text = parsed.text(option);
  const age = text === undefined ? undefined : parseAge(text);
  if (text !== undefined && age === undefined) {
    throw new UsageError(`--${option} takes a duration, not "${text}"`, 'write it as 12h or 30d');
  }
  return age;
}
