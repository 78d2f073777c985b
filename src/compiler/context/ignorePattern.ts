import type { Piece } from '#core/text/wildcards.js';

/** How a pattern is tried: the simple shapes have rules of their own. */
export type PatternSource =
  | { readonly kind: 'exact' }
  /** `text**`. */
  | { readonly kind: 'prefix'; readonly text: string }
  /** `**text`. */
  | { readonly kind: 'suffix'; readonly text: string }
  | { readonly kind: 'regex'; readonly text: string; readonly literals: readonly string[] }
  /** Where a regular expression would try every way to share a name among several wildcards. */
  | {
      readonly kind: 'pieces';
      readonly pieces: readonly Piece[];
      readonly literals: readonly string[];
    };

/*
 * `literals`: what a path must hold, one behind the other, to match at all. Most paths do not, and
 * looking for a text is much cheaper than trying a pattern.
 */

/** What one sign of a pattern means, and where the next begins. */
type Sign =
  /** As written, or `*`, `?` and sets: what only a regular expression says. */
  | { readonly kind: 'literal' | 'regex'; readonly text: string; readonly end: number }
  /** `**`, with the `/` behind it. */
  | { readonly kind: 'anywhere'; readonly end: number };

interface Problem {
  readonly problem: string;
}

/**
 * Turns a pattern of a `.dockerignore` into what moby/patternmatcher makes of it: `*` and `?` stop
 * at `/`, `**` does not, and takes a `/` behind it along. Docker hands the rest to Go's regular
 * expressions, which know more signs than the documentation says; what would mean something there
 * that nobody expects is a problem here.
 */
export function patternSource(pattern: string): PatternSource | Problem {
  if (pattern.length > longestPattern) {
    return { problem: `it has more than ${longestPattern} characters` };
  }
  const chars = Array.from(pattern);
  const sources: string[] = [];
  const literals = [''];
  let text = '^';
  let kind: 'exact' | 'prefix' | 'suffix' | 'regex' = 'exact';
  for (let at = 0; at < chars.length; ) {
    const sign = readSign(chars, at);
    if ('problem' in sign) {
      return sign;
    }
    if (sign.kind === 'anywhere') {
      const isLast = sign.end === chars.length;
      const source = isLast ? anything : directories;
      text += source;
      sources.push(source);
      literals.push('');
      // As moby decides: the simple shapes are those with one `**`, first or last.
      kind = at === 0 ? 'suffix' : isLast && kind === 'exact' ? 'prefix' : 'regex';
    } else {
      text += sign.text;
      sources.push(sign.text);
      if (sign.kind === 'literal' && sign.text !== '^') {
        literals[literals.length - 1] += chars[sign.end - 1] ?? '';
      } else {
        literals.push('');
      }
      kind = sign.kind === 'regex' ? 'regex' : kind;
    }
    at = sign.end;
  }
  switch (kind) {
    case 'exact':
      return { kind };
    case 'prefix':
      return { kind, text: pattern.slice(0, -2) };
    case 'suffix':
      return { kind, text: pattern.slice(2) };
    case 'regex':
      if (/[|]|\{\d/.test(pattern)) {
        return { problem: '| and {1} have a meaning of their own in it' };
      }
      return sources.filter((source) => manyOf.has(source)).length < 2
        ? { kind, text: `${text}$`, literals: literals.filter(Boolean) }
        : inPieces(sources, literals.filter(Boolean));
  }
}

/** No path is longer. */
const longestPattern = 4096;
const anything = '[^\\n]*';
const directories = '(?:[^\\n]*/)?';
const anyName = '[^/]*';
const notNewline = (character: string) => character !== '\n';
/** What takes any number of characters. */
const manyOf: ReadonlyMap<string, Piece> = new Map<string, Piece>([
  [anything, { kind: 'many', takes: notNewline }],
  [directories, { kind: 'through', takes: notNewline, last: '/' }],
  [anyName, { kind: 'many', takes: (character) => character !== '/' }],
]);

function inPieces(
  sources: readonly string[],
  literals: readonly string[],
): PatternSource | Problem {
  if (sources.includes('^')) {
    return { problem: '^ has a meaning of its own in it' };
  }
  const pieces = sources.map((source): Piece => {
    const many = manyOf.get(source);
    if (many !== undefined) {
      return many;
    }
    const expression = new RegExp(`^(?:${source})$`, 'u');
    return { kind: 'one', takes: (character) => expression.test(character) };
  });
  return { kind: 'pieces', pieces, literals };
}

function readSign(chars: readonly string[], at: number): Sign | Problem {
  const char = chars[at] ?? '';
  const end = at + 1;
  switch (char) {
    case '*':
      if (chars[end] === '*') {
        return { kind: 'anywhere', end: chars[end + 1] === '/' ? end + 2 : end + 1 };
      }
      return { kind: 'regex', text: anyName, end };
    case '?':
      return { kind: 'regex', text: '[^/]', end };
    case '\\':
      return readEscape(chars[end], end + 1);
    case '[': {
      const set = readSet(chars, end);
      return set === undefined
        ? { problem: 'the set after [ cannot be read' }
        : { kind: 'regex', ...set };
    }
    case '^':
      return { kind: 'literal', text: char, end };
    default:
      return { kind: char === ']' ? 'regex' : 'literal', text: quoted(char), end };
  }
}

function readEscape(escaped: string | undefined, end: number): Sign | Problem {
  if (escaped === undefined) {
    return { problem: 'it ends with \\' };
  }
  if (/[A-Za-z0-9]/.test(escaped)) {
    return { problem: `\\${escaped} has a meaning of its own` };
  }
  return { kind: 'regex', text: quoted(escaped), end };
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
