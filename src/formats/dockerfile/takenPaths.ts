import { matchesAll, type Piece } from '#core/text/wildcards.js';

/** A path that may have wildcards in it. */
export interface PathPattern {
  readonly path: string;
  readonly isPattern: boolean;
}

/**
 * How BuildKit reads a clean path of COPY or ADD (Go's `filepath.Match`, part by part): what is plain,
 * or has `*`, `?` and sets such as `[a-z]`, is kept; of anything else (`**` of `--parents`, escapes)
 * the directory is kept that is before it, which holds all that it could mean.
 */
export function pathPattern(path: string): PathPattern {
  if (!/[*?[\\]/.test(path)) {
    return { path, isPattern: false };
  }
  const parts = path.split('/');
  const first = parts.findIndex((part) => /[*?[\\]/.test(part));
  return parts.slice(first).every((part) => piecesOf(part) !== undefined)
    ? { path, isPattern: true }
    : { path: parts.slice(0, first).join('/'), isPattern: false };
}

/** Which paths of a context some sources take: each with all that is below it. */
export class TakenPaths {
  readonly #plain: readonly string[];
  readonly #patterns: readonly (readonly (readonly Piece[])[])[];

  constructor(sources: readonly PathPattern[]) {
    this.#plain = sources.filter(({ isPattern }) => !isPattern).map(({ path }) => path);
    this.#patterns = sources
      .filter(({ isPattern }) => isPattern)
      .map(({ path }) => path.split('/').map((part) => piecesOf(part) ?? []));
  }

  /** Whether a file, link or directory (relative, `/`-separated) is taken. */
  takes(path: string): boolean {
    return (
      this.#plain.some((source) => isAtOrBelow(source, path)) ||
      this.#matches(path, (length, depth) => length <= depth)
    );
  }

  /** Whether it is what a source itself names, and not only below that. */
  isNamed(path: string): boolean {
    return this.#plain.includes(path) || this.#matches(path, (length, depth) => length === depth);
  }

  /** Whether a directory has, or could have, something below it that is taken. */
  reachesInto(directory: string): boolean {
    return (
      this.#plain.some(
        (source) => isAtOrBelow(directory, source) || isAtOrBelow(source, directory),
      ) || this.#matches(directory, () => true)
    );
  }

  /** Whether a pattern fits as far as both go, and is as long as it should be. */
  #matches(path: string, fits: (length: number, depth: number) => boolean): boolean {
    if (this.#patterns.length === 0) {
      return false;
    }
    const names = path.split('/');
    return this.#patterns.some(
      (parts) =>
        fits(parts.length, names.length) &&
        parts.every((pieces, at) => {
          const name = names[at];
          return name === undefined || matchesAll(pieces, Array.from(name));
        }),
    );
  }
}

function isAtOrBelow(top: string, path: string): boolean {
  return path === top || (path.startsWith(top) && path.charCodeAt(top.length) === 0x2f);
}

/** One part of a pattern; undefined where it has something else than `*`, `?` and plain sets. */
function piecesOf(part: string): readonly Piece[] | undefined {
  if (part.includes('**') || part.includes('\\')) {
    return undefined;
  }
  const pieces: Piece[] = [];
  const signs = /\[([^\]]*)(\]?)|([^[])/gsu;
  for (const [, set, close, character] of part.matchAll(signs)) {
    if (character === '*') {
      pieces.push({ kind: 'many', takes: () => true });
    } else if (character === '?') {
      pieces.push({ kind: 'one', takes: () => true });
    } else if (character !== undefined) {
      pieces.push({ kind: 'one', takes: (other) => other === character });
    } else {
      const isPlain = close === ']' && /^(?:[A-Za-z0-9._](?:-[A-Za-z0-9._])?)+$/.test(set ?? '');
      if (!isPlain) {
        return undefined;
      }
      const ranges = (set ?? '').match(/.-.|./gs) ?? [];
      pieces.push({
        kind: 'one',
        takes: (other) =>
          ranges.some((range) => (range.at(0) ?? '') <= other && other <= (range.at(-1) ?? '')),
      });
    }
  }
  return pieces;
}
