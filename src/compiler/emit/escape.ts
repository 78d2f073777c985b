/**
 * Strings as bake reads them. In JSON as in HCL every string value, and every key of `args`,
 * `contexts` and `labels`, is an HCL template: `${` and `%{` start an expression unless their first
 * character is doubled (doc/dev/bake.md, Escaping). `unrepresentable` (src/plan) says which texts
 * cannot be written at all; they must not come here.
 */

/** The string to write to a JSON file, before JSON's own escaping. */
export function jsonTemplate(text: string): string {
  if (!specialInJson.test(text)) {
    return text;
  }
  // A first U+FEFF is taken for a byte order mark. After a lone CR the lexer no longer undoes the
  // doubling, so the CR goes into an expression, with the `$` or `%` that would run into its `${`.
  return text
    .replace(/^\ufeff/, '\ufeff\ufeff')
    .replace(/[$%]*\r(?!\n)|[$%](?=\{)/g, (match) =>
      match.endsWith('\r') ? `\${"${match.slice(0, -1)}\\r"}` : match + match,
    );
}

const specialInJson = /[$%]\{|\r|^\ufeff/;

/** A quoted HCL string that bake reads as `text`, quotes included: always on one line. */
export function hclString(text: string): string {
  if (!specialInHcl.test(text)) {
    return `"${text}"`;
  }
  const escaped = text.replace(
    /[$%](?=\{)|["\\]|[\0-\x1f\x7f-\x9f\u2028\u2029\ufeff]/g,
    (character) => hclEscapes[character] ?? unicodeEscape(character),
  );
  return `"${escaped}"`;
}

/**
 * An HCL heredoc that bake reads as `text`, so that people see a Dockerfile as a Dockerfile;
 * undefined for a text that a heredoc cannot hold byte for byte or that would not be readable: one
 * with control characters (CR among them). A heredoc ends with a newline, which a text that has none
 * (Jinja2 takes a template's last one away) must get rid of again.
 */
export function hclHeredoc(text: string, word: string): string | undefined {
  if (/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/.test(text)) {
    return undefined;
  }
  // A line that is the closing word, blanks around it or not, would end the heredoc.
  let marker = word;
  while (text.includes(marker)) {
    marker += '_';
  }
  const escaped = text.replace(/[$%](?=\{)/g, '$&$&');
  return text.endsWith('\n')
    ? `<<${marker}\n${escaped}${marker}`
    : `chomp(<<${marker}\n${escaped}\n${marker}\n  )`;
}

const specialInHcl = /[$%]\{|["\\]|[\0-\x1f\x7f-\x9f\u2028\u2029\ufeff]/;

const hclEscapes: Readonly<Record<string, string>> = {
  $: '$$',
  '%': '%%',
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
