import { type Failure, fail } from './errors.js';
import type { Lexer } from './lexer.js';
import { Parser } from './nunjucks.js';
import { reprText } from './operators/print.js';
import { describe, T, type Token } from './token.js';

/** nunjucks' parser as far as it goes: reading tokens, with Jinja2's words for what is unexpected. */
export class TokenReader extends Parser<Token> {
  protected readonly lexer: Lexer;

  constructor(lexer: Lexer) {
    super(lexer);
    this.lexer = lexer;
  }

  protected failure(message: string, at: Token | null = this.peekToken(), hint?: string): Failure {
    const place = at ?? this.lexer.end();
    return fail('TemplateSyntaxError', message, {
      at: { line: place.lineno + 1, column: place.colno + 1 },
      hint,
    });
  }

  /** The next token, which must be of a type; `wanted` is what Jinja2's message calls it. */
  protected expect(type: string, wanted: string): Token {
    const token = this.peekToken();
    if (token?.type === type) {
      return this.take();
    }
    throw this.#unexpected(wanted);
  }

  protected expectName(name: string): Token {
    if (this.isName(name)) {
      return this.take();
    }
    throw this.#unexpected(name);
  }

  protected expectAssignment(): void {
    if (!this.skipValue(T.operator, '=')) {
      throw this.#unexpected('=');
    }
  }

  #unexpected(wanted: string): Failure {
    const token = this.peekToken();
    if (token === null) {
      return this.failure(`unexpected end of template, expected ${reprText(wanted)}.`);
    }
    return this.failure(`expected token ${reprText(wanted)}, got ${reprText(describe(token))}`);
  }

  /** A name of any kind. */
  protected expectAnyName(): Token & { readonly value: string } {
    const token = this.expect(T.symbol, 'name');
    return { ...token, value: String(token.value) } as Token & { readonly value: string };
  }

  protected take(): Token {
    const token = this.nextToken();
    if (token === null) {
      throw this.failure('unexpected end of template');
    }
    return token;
  }

  protected is(type: string): boolean {
    return this.peekToken()?.type === type;
  }

  protected isName(name: string): boolean {
    const token = this.peekToken();
    return token?.type === T.symbol && token.value === name;
  }

  protected isOperator(value: string): boolean {
    const token = this.peekToken();
    return token?.type === T.operator && token.value === value;
  }

  /** The token after the next. */
  protected afterNext(): Token | null {
    this.peekToken();
    return this.lexer.lookAhead();
  }

  protected isNameAfterNext(name: string): boolean {
    const token = this.afterNext();
    return token?.type === T.symbol && token.value === name;
  }

  protected here(): Token {
    return this.peekToken() ?? this.lexer.end();
  }
}
