/**
 * Where PyYAML (YAML 1.1) and js-yaml (1.2) read the same text as different values. Found by
 * comparing the two on random texts (test/workspace/yaml.test.ts); each is refused.
 */
export interface Difference {
  readonly message: string;
  readonly hint: string;
}

const differs = 'this reads differently in YAML 1.1 and 1.2';

/** PyYAML's reader refuses these everywhere, or takes them for line breaks (U+0085, U+2028, …). */
const unreadable =
  /[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

/** The first character that no YAML file may hold, and its offset. */
export function unreadableCharacter(
  text: string,
): (Difference & { readonly at: number }) | undefined {
  const found = unreadable.exec(text);
  if (found === null) {
    return undefined;
  }
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return {
    at: found.index,
    message: `the character U+${code} is not allowed in a YAML file`,
    hint: `remove it, or write it in double quotes as "\\u${code}"`,
  };
}

/** A first `---` that is not at the start of its line: text for PyYAML, a mark for js-yaml. */
export function indentedMark(text: string): (Difference & { readonly at: number }) | undefined {
  const found = /^(?:[ \t]*(?:#.*)?\r?\n)*[ \t]+---(?=\s|$)/.exec(text);
  if (found === null) {
    return undefined;
  }
  return {
    at: found[0].length - 3,
    message: differs,
    hint: 'put the `---` at the start of its line',
  };
}

/** `raw` is a scalar as it is in the file, without its quotes. */
export function scalarDifference(
  raw: string,
  style: 'plain' | 'plain in flow' | 'double quoted' | 'other',
): Difference | undefined {
  // PyYAML takes `?` and a leading `:` between brackets for the marks of a key and a value.
  if (style === 'plain in flow' && /^:|\?/.test(raw)) {
    return { message: differs, hint: 'quote it' };
  }
  if (style !== 'double quoted') {
    return undefined;
  }
  if (/\\u[dD][89a-fA-F]/.test(raw)) {
    return {
      message: 'this escape is half a character (a surrogate)',
      hint: 'write the whole character',
    };
  }
  // An escaped line break before an empty line: PyYAML keeps the empty line.
  if (/(?:^|[^\\])(?:\\\\)*\\\r?\n[ \t]*\r?\n/.test(raw)) {
    return { message: differs, hint: 'write \\n for the empty line' };
  }
  return undefined;
}
