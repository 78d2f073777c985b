import type { Place } from '#core/diagnostics/diagnostic.js';
import { parseReference } from '#core/reference/reference.js';
import type { TableReader } from '../settings/tableReader.js';

/** What is wrong with a value, or undefined. */
type Rule = (value: string) => string | undefined;

function pattern(expression: RegExp, what: string): Rule {
  return (value) => (expression.test(value) ? undefined : `is not ${what}`);
}

const release = '[a-zA-Z](?:[a-zA-Z0-9-]*[a-zA-Z0-9]+)?';
const debianVersion = '(?:[0-9]+:)?[0-9]+[a-zA-Z0-9.+~-]*';

/** Blubber's own rules for values (v1.8.0, config/validation.go). */
export const rules = {
  variant: pattern(
    /^[a-zA-Z][a-zA-Z0-9.-]+[a-zA-Z0-9]$/,
    'the name of a variant: letters, digits, "-" and ".", at least three of them',
  ),
  package: pattern(
    new RegExp(`^[a-z0-9][a-z0-9+.-]+(?:=${debianVersion}|/${release})?$`),
    'the name of a Debian package',
  ),
  release: pattern(new RegExp(release), 'the name of a Debian release'),
  component: pattern(/[a-z0-9][a-z0-9+./-]+/, 'a component of a Debian archive'),
  url: pattern(/^https?:\/\//, 'an http or https URL'),
  variable: pattern(
    /^[a-zA-Z_][a-zA-Z0-9_]+$/,
    'the name of a variable of at least two characters',
  ),
  nodeEnv: pattern(/^[a-zA-Z0-9]+$/, 'letters and digits'),
  user: (value: string) =>
    value === 'root'
      ? 'must not be root'
      : pattern(/^[a-zA-Z][a-zA-Z0-9.-]*$/, 'the name of a user')(value),
  directory: (value: string) =>
    value.startsWith('/') && !/^\/[/.]*$/.test(value)
      ? undefined
      : 'is not an absolute path below /',
  pythonVersion: pattern(
    /^(?:(?:<|<=|!=|==|>=|>|~=)[A-Za-z0-9_.*+!-]+)(?:,(?:<|<=|!=|==|>=|>|~=)[A-Za-z0-9_.*+!-]+)*$/,
    'a version of a Python package with an operator, such as "==1.2.3"',
  ),
  image: (value: string) => {
    const reference = parseReference(value);
    return reference.kind === 'problem'
      ? `is not a valid image reference: ${reference.message}`
      : undefined;
  },
} satisfies Readonly<Record<string, Rule>>;

/** Complains of a value that breaks a rule; an empty one is as if it were not there. */
export function obey(table: TableReader, rule: Rule, value: string, place: Place): void {
  const why = value === '' ? undefined : rule(value);
  if (why !== undefined) {
    table.complain(`${JSON.stringify(value)} ${why}`, place);
  }
}

/** The text of a key, which obeys a rule. */
export function text(table: TableReader, key: string, rule?: Rule): string | undefined {
  const value = table.string(key);
  if (value !== undefined && rule !== undefined) {
    obey(table, rule, value, table.valuePlace(key));
  }
  return value;
}

/** Lists, which Blubber takes for nothing else: one string is not a list of it. */
export function list(table: TableReader, key: string, rule?: Rule): readonly string[] | undefined {
  if (typeof table.raw(key) === 'string') {
    table.complain(`${key} must be a list`, table.valuePlace(key), `write ${key}: [ … ]`);
    return undefined;
  }
  const found = table.strings(key);
  for (const { value, place } of found ?? []) {
    if (rule !== undefined) {
      obey(table, rule, value, place);
    }
  }
  return found?.map(({ value }) => value);
}

/** The names in a table of texts, of which one may be empty. */
export function names(table: TableReader, key: string): readonly string[] {
  const entries = table.table(key);
  const found: string[] = [];
  for (const name of entries?.data.keys() ?? []) {
    if (entries === undefined || typeof name !== 'string') {
      table.complain(`a name in ${key} is not a string`, table.keyPlace(key), 'put it in quotes');
      continue;
    }
    obey(entries, rules.variable, name, entries.keyPlace(name));
    if (entries.raw(name) !== null) {
      entries.string(name, 'put it in quotes');
    }
    found.push(name);
  }
  return found;
}
