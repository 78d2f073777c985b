import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Directive, readDirective } from './directives.js';
import { isSpace } from './space.js';
import type { Span } from './span.js';

/** What the lines themselves get wrong. */
export interface LineProblem {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly span: Span;
}

/** A physical line's share of a logical one. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly lineStart: number;
}

const longestLine = 65_535;
const carriageReturn = 0x0d;
const hash = 0x23;

/**
 * Walks the logical lines of a Dockerfile: physical lines joined at the escape character, without
 * comments and empty lines, also inside of a continued line. Text is put together only when asked
 * for, since most of it (long RUNs) links nothing.
 *
 * The rules are those of BuildKit's parser (frontend/dockerfile/parser): directives end at the
 * first line that is none, but for a shebang; an escape character continues the line unless another one precedes it,
 * blanks may follow it; a continued line keeps its leading white space.
 */
export class LogicalLines {
  readonly directives: Directive[] = [];
  readonly problems: LineProblem[] = [];
  escape = '\\';
  /** The physical line that the current logical line begins at. */
  firstLine = 0;

  readonly #source: string;
  #escapeCode = 0x5c;
  /** Where the walk is: the start of the next physical line, and the number of the last one. */
  #at = 0;
  #line = 0;
  #directivesOver = false;
  #hasShebang = false;
  /** The current logical line: where its text begins, where its first and last lines end. */
  #start = 0;
  #lineStart = 0;
  #firstEnd = 0;
  #end = 0;
  #isContinued = false;
  #text: string | undefined;
  #pieces: readonly Piece[] | undefined;
  /** The first `<` not before the current logical line, remembered between calls. */
  #nextAngle = -1;

  constructor(source: string) {
    this.#source = source;
    if (source.charCodeAt(0) === 0xfeff) {
      this.#at = 1;
    }
  }

  /** Goes to the next logical line that is neither empty nor a comment; false at the end. */
  next(): boolean {
    const source = this.#source;
    while (this.#at < source.length) {
      const lineStart = this.#at;
      const end = this.#takeLine();
      let start = lineStart;
      while (start < end && isSpace(source.charCodeAt(start))) {
        start++;
      }
      if (!this.#directivesOver) {
        this.#directive(lineStart, start, end);
      }
      if (start === end || source.charCodeAt(start) === hash) {
        continue;
      }
      const cut = this.#continuation(start, end);
      this.#start = start;
      this.#lineStart = lineStart;
      this.firstLine = this.#line;
      this.#isContinued = cut !== -1;
      this.#firstEnd = cut === -1 ? end : cut;
      this.#end = cut === -1 ? end : this.#lastEnd();
      this.#text = undefined;
      this.#pieces = undefined;
      return true;
    }
    return false;
  }

  /** The current logical line, not trimmed at its end. */
  get text(): string {
    if (this.#text === undefined) {
      this.#text = this.#isContinued
        ? this.#walkPieces().reduce(
            (all, { start, end }) => all + this.#source.slice(start, end),
            '',
          )
        : this.#source.slice(this.#start, this.#end);
    }
    return this.#text;
  }

  /** Whether a `<` is in the current logical line, found without putting it together. */
  get hasAngle(): boolean {
    if (this.#nextAngle < this.#start) {
      const found = this.#source.indexOf('<', this.#start);
      this.#nextAngle = found === -1 ? this.#source.length : found;
    }
    return this.#nextAngle < this.#end;
  }

  /** The UTF-16 unit `offset` units into the text; NaN beyond its first joint. */
  codeAt(offset: number): number {
    const at = this.#start + offset;
    return at < this.#firstEnd ? this.#source.charCodeAt(at) : Number.NaN;
  }

  /** The place of an offset in `text`; the length stops at the end of its physical line. */
  span(offset: number, length: number): Span {
    let rest = offset;
    let piece: Piece = {
      start: this.#start,
      end: this.#firstEnd,
      line: this.firstLine,
      lineStart: this.#lineStart,
    };
    if (this.#isContinued) {
      for (piece of this.#walkPieces()) {
        if (rest < piece.end - piece.start) {
          break;
        }
        rest -= piece.end - piece.start;
      }
    }
    return {
      line: piece.line,
      column: piece.start + rest - piece.lineStart + 1,
      length: Math.max(1, Math.min(length, piece.end - piece.start - rest)),
    };
  }

  /** The number of the physical line that was taken last. */
  get lastLine(): number {
    return this.#line;
  }

  /** The next physical line without its line ends, for the text of heredocs; undefined at the end. */
  takeRaw(): string | undefined {
    if (this.#at >= this.#source.length) {
      return undefined;
    }
    const start = this.#at;
    const end = this.#takeLine();
    return this.#source.slice(start, end);
  }

  /** Walks over the lines that continue the current one, and returns where its text ends. */
  #lastEnd(): number {
    const source = this.#source;
    const escapeCode = this.#escapeCode;
    let last = this.#firstEnd;
    while (this.#at < source.length) {
      const lineStart = this.#at;
      const end = this.#takeLine();
      const isShort = end - 2 < lineStart;
      // A comment that ends like this is a comment still, and nothing ends at one.
      if (
        !isShort &&
        source.charCodeAt(end - 1) === escapeCode &&
        source.charCodeAt(end - 2) !== escapeCode
      ) {
        last = end - 1;
        continue;
      }
      if (this.#isSkipped(lineStart, end)) {
        continue;
      }
      const cut = this.#continuation(lineStart, end);
      if (cut === -1) {
        return end;
      }
      last = cut;
    }
    return last;
  }

  /** The same walk again, for the few lines whose text or places are asked for. */
  #walkPieces(): readonly Piece[] {
    if (this.#pieces !== undefined) {
      return this.#pieces;
    }
    const source = this.#source;
    const pieces: Piece[] = [];
    const add = (start: number, end: number, line: number, lineStart: number) =>
      pieces.push({ start, end, line, lineStart });
    add(this.#start, this.#firstEnd, this.firstLine, this.#lineStart);
    let line = this.firstLine;
    let at = this.#lineStart;
    for (;;) {
      const next = source.indexOf('\n', at) + 1;
      if (next === 0 || next > this.#end) {
        break;
      }
      at = next;
      line++;
      const lineFeed = source.indexOf('\n', at);
      const end = this.#withoutReturns(at, lineFeed === -1 ? source.length : lineFeed);
      if (this.#isSkipped(at, end)) {
        continue;
      }
      const cut = this.#continuation(at, end);
      add(at, cut === -1 ? end : cut, line, at);
    }
    this.#pieces = pieces;
    return pieces;
  }

  /** Empty lines and comments do not end a continued line. */
  #isSkipped(lineStart: number, end: number): boolean {
    const source = this.#source;
    let start = lineStart;
    while (start < end && isSpace(source.charCodeAt(start))) {
      start++;
    }
    return start === end || source.charCodeAt(start) === hash;
  }

  /** Moves behind the next line and returns where its text ends (before CR and LF). */
  #takeLine(): number {
    const source = this.#source;
    const start = this.#at;
    let end = source.indexOf('\n', start);
    if (end === -1) {
      end = source.length;
    }
    this.#at = end + 1;
    this.#line++;
    // A UTF-16 unit takes at most three bytes of UTF-8.
    if (end - start > longestLine / 3) {
      this.#checkLength(start, end);
    }
    return source.charCodeAt(end - 1) === carriageReturn ? this.#withoutReturns(start, end) : end;
  }

  #withoutReturns(start: number, end: number): number {
    let at = end;
    while (at > start && this.#source.charCodeAt(at - 1) === carriageReturn) {
      at--;
    }
    return at;
  }

  #checkLength(start: number, end: number): void {
    if (Buffer.byteLength(this.#source.slice(start, end)) <= longestLine) {
      return;
    }
    this.problems.push({
      code: 'dockerfile-long-line',
      message: `this line is longer than the ${longestLine} bytes that Docker reads`,
      span: { line: this.#line, column: 1, length: 1 },
    });
  }

  /** Where the text before a trailing escape character ends; -1 where the line is not continued. */
  #continuation(start: number, end: number): number {
    const source = this.#source;
    let at = end - 1;
    let code = source.charCodeAt(at);
    while (at >= start && (code === 0x20 || code === 0x09)) {
      code = source.charCodeAt(--at);
    }
    if (at < start || code !== this.#escapeCode) {
      return -1;
    }
    if (at > start && source.charCodeAt(at - 1) === this.#escapeCode) {
      return -1;
    }
    return at;
  }

  /** Whether the file begins with this line, and it is `#!…`, which BuildKit takes out before it looks for a frontend. */
  #isShebang(lineStart: number): boolean {
    return this.#line === 1 && this.#source.startsWith('#!', lineStart);
  }

  #directive(lineStart: number, start: number, end: number): void {
    const directive =
      this.#source.charCodeAt(start) === hash
        ? readDirective(this.#source.slice(start, end), this.#line, start - lineStart + 1)
        : undefined;
    if (this.#isShebang(lineStart)) {
      this.#hasShebang = true;
      return;
    }
    if (directive === undefined) {
      this.#directivesOver = true;
      return;
    }
    // Only what is looked for apart from the parser is found behind a shebang: not what the parser itself keeps to.
    if (this.#hasShebang) {
      if (!this.directives.some((other) => other.name === directive.name)) {
        this.directives.push(directive);
      }
      return;
    }
    const { name, value, span } = directive;
    const tell = (message: string) =>
      this.problems.push({ code: 'dockerfile-directive', message, span });
    if (this.directives.some((other) => other.name === name)) {
      tell(`the ${name} directive can be given only once`);
    }
    this.directives.push(directive);
    if (name !== 'escape') {
      return;
    }
    if (value !== '\\' && value !== '`') {
      tell(`the escape character is ${JSON.stringify(value)}, but only \\ and \` can be`);
    } else {
      this.escape = value;
      this.#escapeCode = value.charCodeAt(0);
    }
  }
}
