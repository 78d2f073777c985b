import { posix } from 'node:path';
import { type Diagnostic, error, placeAt } from '#core/diagnostics/diagnostic.js';
import { limited } from '#core/diagnostics/limited.js';
import { matchesAll } from '#core/text/wildcards.js';
import { trimSpace } from '#formats/dockerfile/space.js';
import { patternSource } from './ignorePattern.js';

/**
 * The rules of a `.dockerignore` as BuildKit applies them (moby/patternmatcher, while it walks the
 * context): the last pattern that matches a path or one of its parents decides, `!` takes back.
 * No package fits: @balena/dockerignore 1.0.2 reads `(`, `)` and some letters as expressions.
 */
export class DockerIgnore {
  readonly #patterns: readonly Pattern[];
  readonly #hasExceptions: boolean;

  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
    this.#hasExceptions = patterns.some((pattern) => pattern.isException);
  }

  /**
   * Judges a path (relative, `/`-separated), given the verdict on its directory; none for what
   * is at the top.
   */
  judge(path: string, parent?: Verdict): Verdict {
    const matched: boolean[] = [];
    let isIgnored = false;
    for (const [index, pattern] of this.#patterns.entries()) {
      // A pattern that would change nothing is not even tried, which children then feel.
      const isMatch =
        parent?.matched[index] === true ||
        (pattern.isException === isIgnored && pattern.matches(path));
      matched.push(isMatch);
      if (isMatch) {
        isIgnored = !pattern.isException;
      }
    }
    return { isIgnored, matched };
  }

  /** Whether something in an ignored directory may be taken back. */
  get hasExceptions(): boolean {
    return this.#hasExceptions;
  }
}

export interface Verdict {
  readonly isIgnored: boolean;
  /** By pattern. */
  readonly matched: readonly boolean[];
}

export interface Pattern {
  readonly isException: boolean;
  readonly matches: (path: string) => boolean;
}

/** Each is tried on each file of the context. */
const mostPatterns = 2000;

/** Reads a `.dockerignore`. A pattern that Docker refuses, or reads as nobody means it, is an error. */
export function readDockerIgnore(
  text: string,
  file: string,
): { value: DockerIgnore; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const patterns: Pattern[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    const start = at;
    at += line.length + 1;
    const first = start === 0 && line.startsWith('\ufeff') ? 1 : 0;
    const written = trimSpace(line.slice(first));
    if (line.charAt(first) === '#' || written === '') {
      continue;
    }
    const { isException, pattern } = cleaned(written);
    const matcher = pattern === '' ? { problem: 'it names nothing' } : matcherOf(pattern);
    if ('problem' in matcher) {
      const column = start + first + line.slice(first).indexOf(written);
      diagnostics.push(
        error('dockerignore-pattern', `${written} is no pattern: ${matcher.problem}`, {
          place: placeAt(file, text, column, written.length),
          hint: 'see the rules for .dockerignore in the documentation of Docker',
        }),
      );
    } else {
      patterns.push({ isException, matches: matcher.matches });
      if (patterns.length > mostPatterns) {
        const message = `more than ${mostPatterns} patterns in one file`;
        const place = placeAt(file, text, start, line.length);
        diagnostics.push(error('dockerignore-pattern', message, { place }));
        break;
      }
    }
  }
  return { value: new DockerIgnore(patterns), diagnostics: limited(diagnostics) };
}

/**
 * Relative to the context: `/a/./b/` is `a/b`. As in Docker the `!` is looked for twice, before and
 * after that, so that `./!a` is an exception too.
 */
function cleaned(written: string): { isException: boolean; pattern: string } {
  const isMarked = written.startsWith('!');
  const bare = isMarked ? trimSpace(written.slice(1)) : written;
  const path = bare === '' ? '' : normalized(bare);
  const relative = path.length > 1 && path.startsWith('/') ? path.slice(1) : path;
  const marked = normalized(trimSpace(`${isMarked ? '!' : ''}${relative}`));
  const isException = marked.startsWith('!');
  return { isException, pattern: isException ? marked.slice(1) : marked };
}

function normalized(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

function matcherOf(pattern: string): Pick<Pattern, 'matches'> | { readonly problem: string } {
  const source = patternSource(pattern);
  if ('problem' in source) {
    return source;
  }
  switch (source.kind) {
    case 'exact':
      return { matches: (path) => path === pattern };
    case 'prefix':
      return { matches: (path) => path.startsWith(source.text) };
    case 'suffix':
      return {
        matches: (path) =>
          path.endsWith(source.text) ||
          (source.text.startsWith('/') && path === source.text.slice(1)),
      };
    case 'pieces':
      return { matches: (path) => matchesAll(source.pieces, Array.from(path)) };
    case 'regex': {
      const regex = new RegExp(source.text, 'u');
      return { matches: (path) => regex.test(path) };
    }
  }
}
