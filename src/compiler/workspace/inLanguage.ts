import type { Place } from '#core/diagnostics/diagnostic.js';

/** A key with its value as the file of a place has it: TOML where its name ends in `.toml`, else YAML. */
export function entryIn({ file }: Place, key: string, value: Shown): string {
  return isToml(file) ? `${key} = ${shown(value, ' = ')}` : `${key}: ${shown(value, ': ')}`;
}

/** A hint that ends in an entry of YAML (`write registry: example.org`), in the language of a file. */
export function hintIn({ file }: Place, hint: string): string {
  return isToml(file) ? hint.replace(/(\w+): (\S+)$/, '$1 = "$2"') : hint;
}

/** How a table of a list (`[[tree]]`) with these keys is added. */
export function tableIn({ file }: Place, list: string, keys: Readonly<Record<string, string>>) {
  const entries = Object.entries(keys).map(([key, value]) => entryIn({ file }, key, value));
  return isToml(file)
    ? `[[${list}]] with ${entries.join(' and ')}`
    : `an entry to ${list} with ${entries.join(' and ')}`;
}

type Shown = string | readonly string[] | Readonly<Record<string, string>>;

function isToml(file: string): boolean {
  return file.endsWith('.toml');
}

function shown(value: Shown, between: string): string {
  if (typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (isWords(value)) {
    return `[${value.map((word) => JSON.stringify(word)).join(', ')}]`;
  }
  const entries = Object.entries(value).map(
    ([key, word]) => `${JSON.stringify(key)}${between}${JSON.stringify(word)}`,
  );
  return `{ ${entries.join(', ')} }`;
}

function isWords(value: Shown): value is readonly string[] {
  return Array.isArray(value);
}
