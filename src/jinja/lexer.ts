import { type Failure, fail, type Position } from './errors.js';
import { floatLiteral, integerLiteral, stringLiteral } from './literals.js';
import { reprText } from './operators/print.js';
import { codePointIndex, stripEnd, whitespaceClass } from './operators/text.js';
import { lazily } from './pattern.js';
import { T, type Token, type TokenType } from './token.js';

type TextType = Exclude<TokenType, typeof T.int | typeof T.float>;

const space = new RegExp(`[${whitespaceClass}]+`, 'y');
const rawStart = new RegExp(
  `\\{%[-+]?[${whitespaceClass}]*raw[${whitespaceClass}]*(-%\\}[${whitespaceClass}]*|%\\})`,
  'y',
);
const rawEnd = new RegExp(
  `\\{%([-+]?)[${whitespaceClass}]*endraw[${whitespaceClass}]*(?:\\+%\\}|-%\\}[${whitespaceClass}]*|%\\})`,
  'g',
);
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const wordCharacter = lazily(String.raw`[\p{ID_Continue}\p{N}]`);
const float = /\d+(?:_\d+)*(?:(?:\.\d+(?:_\d+)*)?[eE][+-]?\d+(?:_\d+)*|\.\d+(?:_\d+)*)/y;
const integer =
  /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y;
const singleQuoted = /'([^'\\]*(?:\\[\s\S][^'\\]*)*)'/y;
const doubleQuoted = /"([^"\\]*(?:\\[\s\S][^"\\]*)*)"/y;
const operator = /\/\/|\*\*|[=!<>]=|[-+/*%~[\](){}<>=.:|,;]/y;

const punctuation: ReadonlyMap<string, TextType> = new Map<string, TextType>([
  ['(', T.leftParen],
  [')', T.rightParen],
  ['[', T.leftBracket],
  [']', T.rightBracket],
  ['{', T.leftCurly],
  ['}', T.rightCurly],
  [',', T.comma],
  [':', T.colon],
  ['~', T.tilde],
  ['|', T.pipe],
]);
const closers: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/**
 * Jinja2's lexer in the form that nunjucks' parser asks for: one token after the other. White
 * space, comments and raw blocks are settled here, so the parser sees neither. Names are ASCII
 * identifiers, whatever nunjucks would let through.
 */
export class Lexer {
  readonly source: string;
  #at = 0;
  #line = 0;
  #lineStart = 0;
  #state: 'text' | 'block' | 'variable' = 'text';
  #nextNewline: number;
  #last: Token | undefined;
  readonly #open: string[] = [];
  readonly #queue: Token[] = [];

  constructor(text: string) {
    const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
    this.source = lines.endsWith('\n') ? lines.slice(0, -1) : lines;
    this.#nextNewline = this.#newlineFrom(0);
  }

  /** The next token, or null at the end. */
  nextToken(): Token | null {
    const token = this.#queue.shift() ?? this.#read();
    if (token !== null) {
      this.#last = token;
    }
    return token;
  }

  /** The token after those already handed out, which stays to be read. */
  lookAhead(): Token | null {
    const token = this.nextToken();
    if (token !== null) {
      this.#queue.unshift(token);
    }
    return token;
  }

  /** A stand-in for the end of the template, for messages: where its last part begins. */
  end(): Token {
    const { lineno, colno } = this.#last ?? this.#here();
    return { type: T.data, value: '', lineno, colno };
  }

  #read(): Token | null {
    while (this.#state === 'text' && this.#at < this.source.length) {
      const token = this.#readText() ?? this.#queue.shift();
      if (token !== undefined) {
        return token;
      }
    }
    return this.#at < this.source.length ? this.#readCode() : null;
  }

  /** Reads up to and into the next tag; undefined where that gave nothing to hand out. */
  #readText(): Token | undefined {
    const { source } = this;
    const from = this.#at;
    const start = tagStart(source, from);
    const sign = source.charAt(start + 2);
    const text = source.slice(from, start);
    const data = this.#data(sign === '-' ? stripEnd(text) : text);
    this.#moveTo(start);
    if (start < source.length) {
      this.#openTag(source.charAt(start + 1), sign);
    }
    return data;
  }

  #data(text: string): Token | undefined {
    return text === '' ? undefined : this.#token(T.data, text);
  }

  /** Starts a tag. A comment or raw block that nothing at all follows is dropped, as by Jinja2. */
  #openTag(kind: string, sign: string): void {
    const start = this.#at;
    const signed = sign === '-' || sign === '+' ? 3 : 2;
    if (kind === '#') {
      const end = this.source.indexOf('#}', start + signed);
      if (end < 0 && start + signed < this.source.length) {
        throw this.#error('Missing end of comment tag');
      }
      if (end < 0) {
        this.#moveTo(this.source.length);
        return;
      }
      const strips = end > start + signed && this.source.charAt(end - 1) === '-';
      this.#moveTo(end + 2);
      if (strips) {
        this.#skipSpace();
      }
      return;
    }
    if (kind === '%') {
      const raw = this.#match(rawStart);
      if (raw !== null) {
        this.#moveTo(start + raw[0].length);
        this.#readRaw();
        return;
      }
    }
    const type = kind === '%' ? T.blockStart : T.variableStart;
    this.#queue.push(this.#token(type, this.source.slice(start, start + signed)));
    this.#state = kind === '%' ? 'block' : 'variable';
    this.#moveTo(start + signed);
  }

  #readRaw(): void {
    rawEnd.lastIndex = this.#at;
    const end = rawEnd.exec(this.source);
    if (end === null && this.#at < this.source.length) {
      throw this.#error('Missing end of raw directive');
    }
    if (end === null) {
      return;
    }
    const text = this.source.slice(this.#at, end.index);
    const data = this.#data(end[1] === '-' ? stripEnd(text) : text);
    if (data !== undefined) {
      this.#queue.push(data);
    }
    this.#moveTo(end.index + end[0].length);
  }

  #readCode(): Token | null {
    const { source } = this;
    for (;;) {
      if (this.#open.length === 0) {
        const end = this.#readEnd();
        if (end !== undefined) {
          return end;
        }
      }
      if (!this.#skipSpace()) {
        break;
      }
    }
    if (this.#at >= source.length) {
      return null;
    }
    const code = source.charCodeAt(this.#at);
    if (code >= 48 && code <= 57) {
      return this.#readNumber();
    }
    const word = this.#match(name);
    if (word !== null) {
      return this.#readName(word[0]);
    }
    const quoted =
      code === 39 ? this.#match(singleQuoted) : code === 34 ? this.#match(doubleQuoted) : null;
    if (quoted !== null) {
      const inside = quoted[1] ?? '';
      const value = inside.includes('\\') ? stringLiteral(inside, this.#position()) : inside;
      return this.#take(this.#token(T.string, value), quoted[0].length);
    }
    const symbol = this.#match(operator);
    if (symbol === null) {
      throw this.#unexpectedCharacter();
    }
    return this.#readOperator(symbol[0]);
  }

  #readEnd(): Token | undefined {
    const { source } = this;
    const at = this.#at;
    const sign = source.charAt(at);
    const signed = sign === '-' || (sign === '+' && this.#state === 'block') ? 1 : 0;
    if (!source.startsWith(this.#state === 'block' ? '%}' : '}}', at + signed)) {
      return undefined;
    }
    const token = this.#token(this.#state === 'block' ? T.blockEnd : T.variableEnd, '');
    this.#moveTo(at + signed + 2);
    if (sign === '-') {
      this.#skipSpace();
    }
    this.#state = 'text';
    return token;
  }

  #readNumber(): Token {
    const decimal = this.source.charAt(this.#at - 1) === '.' ? null : this.#match(float);
    const { lineno, colno } = this.#here();
    if (decimal !== null) {
      const value = floatLiteral(decimal[0], this.#position());
      return this.#take({ type: T.float, value, lineno, colno }, decimal[0].length);
    }
    const text = this.#match(integer)?.[0] ?? '';
    return this.#take({ type: T.int, value: integerLiteral(text), lineno, colno }, text.length);
  }

  #readName(word: string): Token {
    const token = this.#take(this.#token(T.symbol, word), word.length);
    if (this.#startsForeignWord()) {
      throw this.#unexpectedCharacter();
    }
    return token;
  }

  #readOperator(symbol: string): Token {
    const closer = closers.get(symbol);
    if (closer !== undefined) {
      this.#open.push(closer);
    } else if (symbol === ')' || symbol === ']' || symbol === '}') {
      const expected = this.#open.pop();
      if (expected === undefined) {
        throw this.#error(`unexpected '${symbol}'`);
      }
      if (expected !== symbol) {
        throw this.#error(`unexpected '${symbol}', expected '${expected}'`);
      }
    }
    const type = punctuation.get(symbol) ?? T.operator;
    return this.#take(this.#token(type, symbol), symbol.length);
  }

  #startsForeignWord(): boolean {
    const code = this.source.codePointAt(this.#at) ?? 0;
    return code > 0x7f && wordCharacter().test(String.fromCodePoint(code));
  }

  #unexpectedCharacter(): Failure {
    if (this.#startsForeignWord()) {
      return fail('NotSupported', 'a name with other than ASCII letters is not supported', {
        at: this.#position(),
      });
    }
    const character = String.fromCodePoint(this.source.codePointAt(this.#at) ?? 0);
    const index = codePointIndex(this.source, this.#at);
    return this.#error(`unexpected char ${reprText(character)} at ${index}`);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.source);
  }

  #skipSpace(): boolean {
    const code = this.source.charCodeAt(this.#at);
    if (code > 32 && code < 127) {
      return false;
    }
    const match = this.#match(space);
    if (match === null) {
      return false;
    }
    this.#moveTo(this.#at + match[0].length);
    return true;
  }

  #take<Read extends Token>(token: Read, length: number): Read {
    this.#moveTo(this.#at + length);
    return token;
  }

  /** Goes on to an index, counting the lines passed. */
  #moveTo(index: number): void {
    while (this.#nextNewline < index) {
      this.#line++;
      this.#lineStart = this.#nextNewline + 1;
      this.#nextNewline = this.#newlineFrom(this.#lineStart);
    }
    this.#at = index;
  }

  #newlineFrom(index: number): number {
    const newline = this.source.indexOf('\n', index);
    return newline === -1 ? Number.POSITIVE_INFINITY : newline;
  }

  #here() {
    return { lineno: this.#line, colno: this.#at - this.#lineStart };
  }

  #token(type: TextType, value: string): Token {
    return { type, value, lineno: this.#line, colno: this.#at - this.#lineStart };
  }

  #position(): Position {
    return { line: this.#line + 1, column: this.#at - this.#lineStart + 1 };
  }

  #error(message: string): Failure {
    return fail('TemplateSyntaxError', message, { at: this.#position() });
  }
}

/** Where the next `{{`, `{%` or `{#` starts; the end where there is none. */
function tagStart(source: string, from: number): number {
  for (let at = source.indexOf('{', from); at !== -1; at = source.indexOf('{', at + 1)) {
    const next = source.charCodeAt(at + 1);
    if (next === 37 || next === 123 || next === 35) {
      return at;
    }
  }
  return source.length;
}
