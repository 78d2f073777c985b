/**
 * The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*` and `?` only. Each function gives
 * undefined for what the Dockerfile frontend refuses (a stray escape character in the pattern).
 */

/** `${value#pattern}`; the longest match where `greedy` (`##`). */
export function trimPrefix(value: string, pattern: string, greedy: boolean): string | undefined {
  const source = regexSource(pattern, greedy);
  if (source === undefined) {
    return undefined;
  }
  const match = new RegExp(`^${source}`, 'u').exec(value);
  return match === null ? value : value.slice(match[0].length);
}

/** `${value%pattern}`; the longest match where `greedy` (`%%`). */
export function trimSuffix(value: string, pattern: string, greedy: boolean): string | undefined {
  // Only a search from the left finds the shortest match, so both are turned round.
  const trimmed = trimPrefix(reversed(value), reversedPattern(pattern), greedy);
  return trimmed === undefined ? undefined : reversed(trimmed);
}

/** `${value/pattern/replacement}`; every match where `all` (`//`). */
export function replace(
  value: string,
  pattern: string,
  replacement: string,
  all: boolean,
): string | undefined {
  const source = regexSource(pattern, true);
  // With `//` the frontend takes `$` in the replacement for one of Go's templates.
  if (source === undefined || (all && replacement.includes('$'))) {
    return undefined;
  }
  if (!all) {
    return value.replace(new RegExp(source, 'u'), () => replacement);
  }
  let result = '';
  let end = -1;
  for (const match of value.matchAll(new RegExp(source, 'gu'))) {
    // Go, unlike JavaScript, finds no empty match right behind another one.
    if (match[0] === '' && match.index === end) {
      continue;
    }
    result += value.slice(Math.max(end, 0), match.index) + replacement;
    end = match.index + match[0].length;
  }
  return result + value.slice(Math.max(end, 0));
}

function regexSource(pattern: string, greedy: boolean): string | undefined {
  const chars = Array.from(pattern);
  let source = '';
  for (let i = 0; i < chars.length; i++) {
    let char = chars[i] ?? '';
    if (char === '*') {
      source += greedy ? '[^\\n]*' : '[^\\n]*?';
    } else if (char === '?') {
      source += '[^\\n]';
    } else if (char === '\\') {
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
      source += `\\${char}`;
    } else {
      source += /[[\]{}.+()|^$/]/.test(char) ? `\\${char}` : char;
    }
  }
  return source;
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
