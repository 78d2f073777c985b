/** How a pattern is tried: the simple shapes have rules of their own. */
export type PatternSource =
  | { readonly kind: 'exact' }
  /** `text**`. */
  | { readonly kind: 'prefix'; readonly text: string }
  /** `**text`. */
  | { readonly kind: 'suffix'; readonly text: string }
  | { readonly kind: 'regex'; readonly text: string };

/**
 * Turns a pattern of a `.dockerignore` into what moby/patternmatcher makes of it: `*` and `?` stop
 * at `/`, `**` does not, and takes a `/` behind it along. Docker hands the rest to Go's regular
 * expressions, which know more signs than the documentation says; what would mean something there
 * that nobody expects is a problem here.
 */
export function patternSource(pattern: string): PatternSource | { readonly problem: string } {
  const chars = Array.from(pattern);
  let text = '^';
  let kind: PatternSource['kind'] = 'exact';
  let at = 0;
  for (let tokens = 0; at < chars.length; tokens++) {
    const char = chars[at++] ?? '';
    if (char === '*' && chars[at] === '*') {
      at++;
      if (chars[at] === '/') {
        at++;
      }
      if (at === chars.length) {
        if (kind === 'exact') {
          kind = 'prefix';
        } else {
          text += '[^\\n]*';
          kind = 'regex';
        }
      } else {
        text += '(?:[^\\n]*/)?';
        kind = 'regex';
      }
      if (tokens === 0) {
        kind = 'suffix';
      }
    } else if (char === '*' || char === '?') {
      text += char === '*' ? '[^/]*' : '[^/]';
      kind = 'regex';
    } else if (char === '\\') {
      const next = chars[at++];
      if (next === undefined) {
        return { problem: 'it ends with \\' };
      }
      if (/[A-Za-z0-9]/.test(next)) {
        return { problem: `\\${next} has a meaning of its own` };
      }
      text += quoted(next);
      kind = 'regex';
    } else if (char === '[') {
      const set = readSet(chars, at);
      if (set === undefined) {
        return { problem: 'the set after [ cannot be read' };
      }
      text += set.text;
      at = set.end;
      kind = 'regex';
    } else if (char === '^') {
      text += char;
    } else {
      if (char === ']') {
        kind = 'regex';
      }
      text += quoted(char);
    }
  }
  if (kind === 'prefix') {
    return { kind, text: pattern.slice(0, -2) };
  }
  if (kind === 'suffix') {
    return { kind, text: pattern.slice(2) };
  }
  if (kind === 'exact') {
    return { kind };
  }
  if (/[|]|\{\d/.test(pattern)) {
    return { problem: '| and {1} have a meaning of their own in it' };
  }
  return { kind, text: `${text}$` };
}

/** `[ab]`, `[a-c]`, `[^a]`. */
function readSet(
  chars: readonly string[],
  from: number,
): { readonly text: string; readonly end: number } | undefined {
  let at = from;
  let text = '[';
  if (chars[at] === '^') {
    text += chars[at++] ?? '';
  }
  for (let members = 0; ; members++) {
    if (chars[at] === ']' && members > 0) {
      return { text: `${text}]`, end: at + 1 };
    }
    const low = readMember(chars, at);
    if (low === undefined) {
      return undefined;
    }
    at = low.end;
    text += low.text;
    if (chars[at] !== '-') {
      continue;
    }
    const high = readMember(chars, at + 1);
    if (high === undefined || high.code < low.code) {
      return undefined;
    }
    text += `-${high.text}`;
    at = high.end;
  }
}

function readMember(
  chars: readonly string[],
  from: number,
): { readonly text: string; readonly code: number; readonly end: number } | undefined {
  const char = chars[from];
  // Docker turns `*` and `?` into something else even here.
  if (char === undefined || '-]*?'.includes(char)) {
    return undefined;
  }
  // `[:` opens a class of characters in Go.
  if (char === '[' && chars[from + 1] === ':') {
    return undefined;
  }
  const member = char === '\\' ? chars[from + 1] : char;
  if (member === undefined) {
    return undefined;
  }
  if (char === '\\' && /[A-Za-z0-9]/.test(member)) {
    return undefined;
  }
  const code = member.codePointAt(0) ?? 0;
  return { text: `\\u{${code.toString(16)}}`, code, end: from + (char === '\\' ? 2 : 1) };
}

function quoted(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}
