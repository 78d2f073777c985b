/**
 * Splits text into words as Python's `shlex.split` does (POSIX mode, no comments): quotes group,
 * a backslash takes the next character literally, inside double quotes only before `"` and `\`.
 * Undefined where a quote is not closed or the text ends in a backslash. Written here because the
 * package shlex 3.0.0 does not agree with Python (it joins lines at a backslash, as a shell does).
 */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  // Undefined between words: '' is a word too, where it is quoted.
  let word: string | undefined;
  for (let at = 0; at < text.length; ) {
    if (whitespace.includes(text.charAt(at))) {
      if (word !== undefined) {
        words.push(word);
      }
      word = undefined;
      at++;
      continue;
    }
    const piece = pieceAt(text, at);
    if (piece === undefined) {
      return undefined;
    }
    word = (word ?? '') + piece.text;
    at = piece.end;
  }
  if (word !== undefined) {
    words.push(word);
  }
  return words;
}

const whitespace = ' \t\r\n';

/** Part of a word, and the index behind it. */
interface Piece {
  readonly text: string;
  readonly end: number;
}

/** A quoted piece, an escaped character or a plain one; undefined where it is not complete. */
function pieceAt(text: string, at: number): Piece | undefined {
  const char = text.charAt(at);
  switch (char) {
    case "'":
    case '"':
      return quotedAt(text, at + 1, char);
    case '\\':
      return at + 1 < text.length ? { text: text.charAt(at + 1), end: at + 2 } : undefined;
    default:
      return { text: char, end: at + 1 };
  }
}

/** What is between quotes; `start` is the index behind the opening one. */
function quotedAt(text: string, start: number, quote: '"' | "'"): Piece | undefined {
  let quoted = '';
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === quote) {
      return { text: quoted, end: at + 1 };
    }
    const next = text.charAt(at + 1);
    if (quote === '"' && char === '\\' && (next === '"' || next === '\\')) {
      at++;
    }
    quoted += text.charAt(at);
  }
  return undefined;
}
