import type { BakeTarget } from './targets.js';

/**
 * The part of a Dockerfile that buildx prints under an error:
 *
 *     Dockerfile:2
 *     --------------------
 *        1 |     FROM base:1
 *        2 | >>> RUN exit 3
 *     --------------------
 */
export interface Excerpt {
  /** As printed, rulers left out. */
  readonly lines: readonly string[];
  /** Number (from 1) and text of each line of the Dockerfile. */
  readonly numbered: readonly { readonly number: number; readonly text: string }[];
  /** The number of the first line that is marked. */
  readonly marked?: number;
}

/** The last excerpt among lines of plain text. */
export function findExcerpt(text: readonly string[]): Excerpt | undefined {
  const end = text.findLastIndex(isRuler);
  const start = text.slice(0, Math.max(end, 0)).findLastIndex(isRuler);
  if (start === -1) {
    return undefined;
  }
  const lines = text.slice(start + 1, end);
  const numbered = lines.flatMap((line) => {
    const match = /^ *(\d+) \| (?:>>>| {3})(?: (.*))?$/s.exec(line);
    return match === null ? [] : [{ number: Number(match[1]), text: match[2] ?? '' }];
  });
  const marked = lines.flatMap((line) => /^ *(\d+) \| >>>/.exec(line)?.[1] ?? [])[0];
  return numbered.length === 0
    ? undefined
    : { lines, numbered, ...(marked === undefined ? {} : { marked: Number(marked) }) };
}

/** The targets whose Dockerfile has exactly these lines there. */
export function targetsOfExcerpt(
  excerpt: Excerpt,
  targets: readonly BakeTarget[],
): readonly BakeTarget[] {
  return targets.filter(({ dockerfile }) => {
    if (dockerfile === undefined) {
      return false;
    }
    const lines = dockerfile.split('\n');
    return excerpt.numbered.every(
      ({ number, text }) => clean(lines[number - 1] ?? '') === clean(text),
    );
  });
}

function isRuler(line: string): boolean {
  return /^-{20}$/.test(line);
}

/** buildx expands tabs and drops a CR. */
function clean(line: string): string {
  return line.replace(/\s+/g, ' ').trim();
}
