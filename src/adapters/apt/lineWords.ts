/**
 * The words of a line of sources.list(5) as apt splits it: quotes and brackets keep what is in them together, `%41` is
 * an `A`, and a `#` outside of brackets begins a comment. Options stand in brackets of their own behind the type.
 */
export interface LineWords {
  readonly type: string;
  readonly options: readonly string[];
  /** URI, suite and components. */
  readonly rest: readonly string[];
}

/** Undefined where apt could not read it either, `blank` where nothing is in it. */
export function lineWords(line: string): LineWords | 'blank' | undefined {
  const text = withoutComment(line).trim();
  if (text === '') {
    return 'blank';
  }
  const [, type = '', behind = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
  if (!behind.startsWith('[')) {
    const rest = quotedWords(behind);
    return rest && { type, options: [], rest };
  }
  const end = closingBracket(behind);
  const options = end === undefined ? undefined : quotedWords(behind.slice(1, end));
  const rest = end === undefined ? undefined : quotedWords(behind.slice(end + 1));
  // What follows the bracket without a space would be a part of the last option.
  const isApart = end !== undefined && /^(?:\s|$)/.test(behind.slice(end + 1));
  return options && rest && isApart ? { type, options, rest } : undefined;
}

function withoutComment(line: string): string {
  for (let at = 0; at < line.length; at++) {
    const char = line[at];
    if (char === '#') {
      return line.slice(0, at);
    }
    if (char === '[') {
      const end = line.indexOf(']', at);
      at = end === -1 ? at : end;
    }
  }
  return line;
}

/** Where the brackets of the options end: not in quotes. */
function closingBracket(text: string): number | undefined {
  let isQuoted = false;
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '"') {
      isQuoted = !isQuoted;
    } else if (text[at] === ']' && !isQuoted) {
      return at;
    }
  }
  return undefined;
}

/** Undefined where a quote or a bracket is not closed. */
function quotedWords(text: string): string[] | undefined {
  const words = text.match(/(?:"[^"]*"|\[[^\]]*\]|[^\s"[])+|\S/g) ?? [];
  return words.some((word) => word === '"' || word === '[')
    ? undefined
    : words.map((word) =>
        word
          .replaceAll('"', '')
          .replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
            String.fromCharCode(Number.parseInt(hex, 16)),
          ),
      );
}
