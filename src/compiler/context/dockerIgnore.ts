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
  #steps = 0;

  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
    this.#hasExceptions = patterns.some((pattern) => pattern.isException);
  }

  /**
   * Judges a path (relative, `/`-separated), given the verdict on its directory; none for what
   * is at the top.
   */
  judge(path: string, parent?: Verdict): Verdict {
    if (this.isExhausted) {
      return { isIgnored: false, matched: [] };
    }
    const matched: boolean[] = [];
    let isIgnored = false;
    for (const [index, pattern] of this.#patterns.entries()) {
      // A pattern that would change nothing is not even tried, which children then feel.
      const isMatch =
        parent?.matched[index] === true ||
        (pattern.isException === isIgnored && this.#isMatch(pattern, path));
      matched.push(isMatch);
      if (isMatch) {
        isIgnored = !pattern.isException;
      }
    }
    return { isIgnored, matched };
  }

  #isMatch({ literals, cost, matches }: Pattern, path: string): boolean {
    this.#steps += 1 + path.length / 32;
    if (!holdsInOrder(path, literals)) {
      return false;
    }
    this.#steps += cost * path.length;
    return matches(path);
  }

  /** Whether trying the patterns took more than it may (`mostSteps`): verdicts mean nothing then. */
  get isExhausted(): boolean {
    return this.#steps > mostSteps;
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
  /** What a path that matches has, one behind the other. */
  readonly literals: readonly string[];
  /** How many steps a character of a path takes, once it has those. */
  readonly cost: number;
  readonly matches: (path: string) => boolean;
}

/** Each is tried on each file of the context. */
const mostPatterns = 2000;

/**
 * For all patterns and files of a context. A step is some 20 nanoseconds; 100 usual patterns take
 * some 30 million for 100,000 files.
 */
export const mostSteps = 200_000_000;

function holdsInOrder(path: string, literals: readonly string[]): boolean {
  let from = 0;
  for (const literal of literals) {
    const at = path.indexOf(literal, from);
    if (at < 0) {
      return false;
    }
    from = at + literal.length;
  }
  return true;
}

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
        error('dockerignore-pattern', `${written} is not a valid pattern: ${matcher.problem}`, {
          place: placeAt(file, text, column, written.length),
          hint: 'see the rules for .dockerignore in the documentation of Docker',
        }),
      );
    } else {
      patterns.push({ isException, ...matcher });
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

function matcherOf(pattern: string): Omit<Pattern, 'isException'> | { readonly problem: string } {
  const source = patternSource(pattern);
  if ('problem' in source) {
    return source;
  }
  switch (source.kind) {
    case 'exact':
      return { literals: [pattern], cost: 0, matches: (path) => path === pattern };
    case 'prefix':
      return { literals: [source.text], cost: 0, matches: (path) => path.startsWith(source.text) };
    case 'suffix':
      return {
        literals: [],
        cost: 0,
        matches: (path) =>
          path.endsWith(source.text) ||
          (source.text.startsWith('/') && path === source.text.slice(1)),
      };
    case 'pieces': {
      const { pieces, literals } = source;
      const matches = (path: string) => matchesAll(pieces, Array.from(path));
      return { literals, cost: pieces.length, matches };
    }
    case 'regex': {
      const regex = new RegExp(source.text, 'u');
      return { literals: source.literals, cost: 1, matches: (path) => regex.test(path) };
    }
  }
}
