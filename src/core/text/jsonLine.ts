/** What JSON leaves as it is and a terminal or a reader of lines does not. */
const risky =
  /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/**
 * A value as one line of JSON, with its line end. Controls and the characters that turn or split a
 * line are escaped, so that it is one line for every reader, and safe on a terminal.
 */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value).replace(
    risky,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${text}\n`;
}
