/**
 * Splits text into words as Python's `shlex.split` does (POSIX mode, no comments): quotes group,
 * a backslash takes the next character literally, inside double quotes only before `"` and `\`.
 * Undefined where a quote is not closed or the text ends in a backslash. Written here because the
 * package shlex 3.0.0 does not agree with Python (it joins lines at a backslash, as a shell does).
 */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "'" || char === '"') {
      word ??= '';
      for (at++; ; at++) {
        if (at >= text.length) {
          return undefined;
        }
        const inner = text.charAt(at);
        if (inner === char) {
          break;
        }
        if (inner === '\\' && char === '"' && '"\\'.includes(text.charAt(at + 1))) {
          at++;
        }
        if (at >= text.length) {
          return undefined;
        }
        word += text.charAt(at);
      }
    } else if (char === '\\') {
      at++;
      if (at >= text.length) {
        return undefined;
      }
      word = (word ?? '') + text.charAt(at);
    } else if (' \t\r\n'.includes(char)) {
      if (word !== undefined) {
        words.push(word);
      }
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) {
    words.push(word);
  }
  return words;
}
