import { lexer } from './nunjucks.js';

/** The types of nunjucks' tokens, under the names this module uses. */
export const T = {
  data: lexer.TOKEN_DATA,
  blockStart: lexer.TOKEN_BLOCK_START,
  blockEnd: lexer.TOKEN_BLOCK_END,
  variableStart: lexer.TOKEN_VARIABLE_START,
  variableEnd: lexer.TOKEN_VARIABLE_END,
  leftParen: lexer.TOKEN_LEFT_PAREN,
  rightParen: lexer.TOKEN_RIGHT_PAREN,
  leftBracket: lexer.TOKEN_LEFT_BRACKET,
  rightBracket: lexer.TOKEN_RIGHT_BRACKET,
  leftCurly: lexer.TOKEN_LEFT_CURLY,
  rightCurly: lexer.TOKEN_RIGHT_CURLY,
  operator: lexer.TOKEN_OPERATOR,
  comma: lexer.TOKEN_COMMA,
  colon: lexer.TOKEN_COLON,
  tilde: lexer.TOKEN_TILDE,
  pipe: lexer.TOKEN_PIPE,
  string: lexer.TOKEN_STRING,
  int: lexer.TOKEN_INT,
  float: lexer.TOKEN_FLOAT,
  symbol: lexer.TOKEN_SYMBOL,
} as const;

export type TokenType = (typeof T)[keyof typeof T];

/** Line and column count from 0, as in nunjucks. */
export type Token = {
  readonly lineno: number;
  readonly colno: number;
} & (
  | { readonly type: typeof T.int; readonly value: number | bigint }
  | { readonly type: typeof T.float; readonly value: number }
  | {
      readonly type: Exclude<TokenType, typeof T.int | typeof T.float>;
      readonly value: string;
    }
);

const described: ReadonlyMap<string, string> = new Map([
  [T.blockStart, 'begin of statement block'],
  [T.blockEnd, 'end of statement block'],
  [T.variableStart, 'begin of print statement'],
  [T.variableEnd, 'end of print statement'],
  [T.data, 'template data / text'],
  [T.int, 'integer'],
  [T.float, 'float'],
  [T.string, 'string'],
]);

/** What Jinja2's messages call a token. */
export function describe(token: Token | null): string {
  if (token === null) {
    return 'end of template';
  }
  return described.get(token.type) ?? String(token.value);
}
