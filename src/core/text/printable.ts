/** Controls, and the format characters that turn text around or hide in it. */
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Text that is safe on a terminal: what would move the cursor, clear the screen or reorder the line
 * is written as an escape (`\x1b`, `\u202e`). A tab becomes one space, so that columns stay.
 */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    if (character === '\t') {
      return ' ';
    }
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** A program's output without its colours. */
export function withoutColours(text: string): string {
  return text.replace(/\u001b\[[0-9;:]*m/g, '');
}

const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

/** How many columns a terminal gives a text: none to combining marks, two to East Asian ones. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (character <= '\u02ff') {
      width += 1;
    } else if (!/^\p{M}$/u.test(character)) {
      width += wide.test(character) ? 2 : 1;
    }
  }
  return width;
}
