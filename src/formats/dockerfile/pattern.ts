import { endOfMatch, type Piece, startsOfMatches } from '#core/text/wildcards.js';

/**
 * The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*` and `?` only. Each function gives
 * undefined for what the Dockerfile frontend refuses (a stray escape character in the pattern).
 */

/** `${value#pattern}`; the longest match where `greedy` (`##`). */
export function trimPrefix(value: string, pattern: string, greedy: boolean): string | undefined {
  const pieces = piecesOf(pattern);
  if (pieces === undefined) {
    return undefined;
  }
  const chars = Array.from(value);
  const end = endOfMatch(pieces, chars, 0, greedy);
  return end === undefined ? value : chars.slice(end).join('');
}

/** `${value%pattern}`; the longest match where `greedy` (`%%`). */
export function trimSuffix(value: string, pattern: string, greedy: boolean): string | undefined {
  // Only a search from the left finds the shortest match, so both are turned round.
  const trimmed = trimPrefix(reversed(value), reversedPattern(pattern), greedy);
  return trimmed === undefined ? undefined : reversed(trimmed);
}

/**
 * `${value/pattern/replacement}`; every match where `all` (`//`). `'too-long'` where the result has
 * more than `most` characters.
 */
export function replace(
  value: string,
  pattern: string,
  replacement: string,
  { all, most }: { readonly all: boolean; readonly most: number },
): string | 'too-long' | undefined {
  const pieces = piecesOf(pattern);
  // With `//` the frontend takes `$` in the replacement for one of Go's templates.
  if (pieces === undefined || (all && replacement.includes('$'))) {
    return undefined;
  }
  const chars = Array.from(value);
  const starts = startsOfMatches(pieces, chars);
  let result = '';
  let copied = 0;
  let last = -1;
  for (let at = 0; at <= chars.length; at++) {
    const end = starts[at] === 1 ? endOfMatch(pieces, chars, at, true) : undefined;
    // Go finds no empty match right behind another one.
    if (end === undefined || (end === at && at === last)) {
      continue;
    }
    result += chars.slice(copied, at).join('') + replacement;
    if (result.length > most) {
      return 'too-long';
    }
    copied = end;
    last = end;
    if (!all) {
      break;
    }
    // The next one may begin where this one ends.
    at = Math.max(at, end - 1);
  }
  return result + chars.slice(copied).join('');
}

const notNewline = (character: string) => character !== '\n';

function piecesOf(pattern: string): readonly Piece[] | undefined {
  const chars = Array.from(pattern);
  const pieces: Piece[] = [];
  for (let i = 0; i < chars.length; i++) {
    let char = chars[i] ?? '';
    if (char === '*') {
      if (pieces.at(-1)?.kind !== 'many') {
        pieces.push({ kind: 'many', takes: notNewline });
      }
      continue;
    }
    if (char === '?') {
      pieces.push({ kind: 'one', takes: notNewline });
      continue;
    }
    if (char === '\\') {
      const next = chars[i + 1];
      // `}` and `/` are escaped for the sake of ${}, not of the pattern.
      if (next === '}' || next === '/') {
        continue;
      }
      if (next !== '*' && next !== '?' && next !== '\\') {
        return undefined;
      }
      char = next;
      i++;
    }
    const wanted = char;
    pieces.push({ kind: 'one', takes: (other) => other === wanted });
  }
  return pieces;
}

function reversed(text: string): string {
  return Array.from(text).reverse().join('');
}

/** The pattern back to front, an escape character still before what it escapes. */
function reversedPattern(pattern: string): string {
  const parts: string[] = [];
  const chars = Array.from(pattern);
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? '';
    const isPair = char === '\\' && i + 1 < chars.length;
    parts.push(isPair ? char + (chars[++i] ?? '') : char);
  }
  return parts.reverse().join('');
}
