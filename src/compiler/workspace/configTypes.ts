import { type Data, Float } from '#core/data/data.js';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import { type Container, describe, isList, type Locations } from '#formats/settings/settings.js';
import type { ConfigKey } from './configKeys.js';

/**
 * Checks a value against its key's type. docker-pkg takes any value and fails later or, worse,
 * prints `None` into a Dockerfile. Messages name types, never values: one may be a password.
 */
export function checkType(
  key: ConfigKey,
  value: Data,
  owner: ReadonlyMap<Data, Data>,
  locations: Locations,
): Diagnostic[] {
  const place =
    value === null ? locations.keyOf(owner, key.name) : locations.valueOf(owner, key.name);
  const wrong = (expected: string, hint?: string): Diagnostic[] => [
    mistyped(key.name, expected, value, place, hint),
  ];
  switch (key.type) {
    case 'string or null':
      return value === null || typeof value === 'string' ? [] : wrong('a string', quote(value));
    case 'string':
      if (typeof value === 'string') {
        return [];
      }
      return wrong(
        'a string',
        value === null ? `leave it out, or write "" for none` : quote(value),
      );
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong('true or false');
    case 'positive integer or null':
      return value === null || isPositive(value) ? [] : wrong('an integer of at least 1');
    case 'positive integer':
      return isPositive(value) ? [] : wrong('an integer of at least 1');
    case 'list of strings':
      if (!isList(value)) {
        return wrong(
          'a list of strings',
          value === null ? 'write [] for none' : 'write it as ["…"]',
        );
      }
      return value.flatMap((item, index) =>
        typeof item === 'string'
          ? []
          : [
              mistyped(
                `${key.name}[${index}]`,
                'a string',
                item,
                memberPlace(locations, value, index, item),
                quote(item),
              ),
            ],
      );
    case 'mapping':
      return value instanceof Map ? [] : wrong('a mapping', `write it as {exclude: ["…"]}`);
    case 'mapping of names to ids':
      if (!(value instanceof Map)) {
        return wrong('a mapping', 'write it as `{name: id}`');
      }
      return [...(value as ReadonlyMap<Data, Data>)].flatMap(([name, id]) =>
        checkId(key.name, name, id, value, locations),
      );
  }
}

function checkId(
  key: string,
  name: Data,
  id: Data,
  owner: Container,
  locations: Locations,
): Diagnostic[] {
  if (typeof name !== 'string') {
    return [
      mistyped(`a name in ${key}`, 'a string', name, locations.keyOf(owner, name), quote(name)),
    ];
  }
  const usable = typeof id === 'string' || (isInteger(id) && id >= 0);
  if (usable) {
    return [];
  }
  return [mistyped(`${key}.${name}`, 'a numeric id', id, memberPlace(locations, owner, name, id))];
}

function mistyped(
  what: string,
  expected: string,
  value: Data,
  place: Place,
  hint?: string,
): Diagnostic {
  const actual = expected.startsWith('an integer') && isInteger(value) ? value : describe(value);
  const message = `${what} must be ${expected}, not ${actual}`;
  return error('config-type', message, hint === undefined ? { place } : { place, hint });
}

/** Null is often nothing at all in the file: then its key is what can be pointed at. */
function memberPlace(locations: Locations, owner: Container, member: Data, value: Data): Place {
  return value === null ? locations.keyOf(owner, member) : locations.valueOf(owner, member);
}

function quote(value: Data): string | undefined {
  const scalar = typeof value !== 'object' || value instanceof Float;
  return scalar ? 'put it in quotes' : undefined;
}

function isInteger(value: Data): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isPositive(value: Data): boolean {
  return isInteger(value) && value >= 1;
}
