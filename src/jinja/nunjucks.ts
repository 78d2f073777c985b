import { createRequire } from 'node:module';

/**
 * The parts of nunjucks that this module builds on, and the only place that loads them. As what
 * they are, CommonJS: an `import` would make Node search them for exports first, which takes
 * several times as long as running them. nunjucks' own typings cover none of this.
 */
const load = createRequire(import.meta.url);

/** A node; `fields` are what its constructor takes after line and column. */
export interface NunjucksNode {
  readonly typename: string;
  readonly fields: readonly string[];
  readonly lineno: number;
  readonly colno: number;
}

export type NodeClass = new (lineno: number, colno: number, fields: object) => NunjucksNode;

interface NunjucksToken {
  readonly type: string;
  readonly value: unknown;
  readonly lineno: number;
  readonly colno: number;
}

interface TokenSource<Token extends NunjucksToken> {
  nextToken(): Token | null;
}

interface NunjucksParser<Token extends NunjucksToken> {
  readonly tokens: TokenSource<Token>;
  breakOnBlocks: readonly string[] | null;
  nextToken(): Token | null;
  peekToken(): Token | null;
  pushToken(token: Token | null): void;
  skip(type: string): boolean;
  skipValue(type: string, value: unknown): boolean;
  skipSymbol(name: string): boolean;
  parseNodes(): object[];
  parseUntilBlocks(...names: readonly string[]): { readonly children: readonly object[] };
  parseAsRoot(): object;
}

interface NunjucksCompiler {
  readonly codebuf: string[];
  /** Calls the method named `compile` and the node's typename. */
  compile(node: { readonly typename: string }, frame: object): void;
  _emit(code: string): void;
  _tmpid(): string;
  getCode(): string;
}

type NodeName =
  | 'Node'
  | 'Literal'
  | 'Symbol'
  | 'Array'
  | 'Dict'
  | 'Pair'
  | 'LookupVal'
  | 'If'
  | 'InlineIf'
  | 'For'
  | 'Macro'
  | 'Caller'
  | 'Import'
  | 'FromImport'
  | 'FunCall'
  | 'Filter'
  | 'Block'
  | 'Extends'
  | 'Include'
  | 'Set'
  | 'Capture'
  | 'Output'
  | 'TemplateData'
  | 'Is'
  | 'Or'
  | 'And'
  | 'Not'
  | 'Add'
  | 'Concat'
  | 'Sub'
  | 'Mul'
  | 'Div'
  | 'FloorDiv'
  | 'Mod'
  | 'Pow'
  | 'Neg'
  | 'Pos'
  | 'Compare'
  | 'CompareOperand';

export const lexer: {
  readonly TOKEN_STRING: 'string';
  readonly TOKEN_DATA: 'data';
  readonly TOKEN_BLOCK_START: 'block-start';
  readonly TOKEN_BLOCK_END: 'block-end';
  readonly TOKEN_VARIABLE_START: 'variable-start';
  readonly TOKEN_VARIABLE_END: 'variable-end';
  readonly TOKEN_LEFT_PAREN: 'left-paren';
  readonly TOKEN_RIGHT_PAREN: 'right-paren';
  readonly TOKEN_LEFT_BRACKET: 'left-bracket';
  readonly TOKEN_RIGHT_BRACKET: 'right-bracket';
  readonly TOKEN_LEFT_CURLY: 'left-curly';
  readonly TOKEN_RIGHT_CURLY: 'right-curly';
  readonly TOKEN_OPERATOR: 'operator';
  readonly TOKEN_COMMA: 'comma';
  readonly TOKEN_COLON: 'colon';
  readonly TOKEN_TILDE: 'tilde';
  readonly TOKEN_PIPE: 'pipe';
  readonly TOKEN_INT: 'int';
  readonly TOKEN_FLOAT: 'float';
  readonly TOKEN_SYMBOL: 'symbol';
} = load('nunjucks/src/lexer');

export const nodes: { readonly [name in NodeName]: NodeClass } = load('nunjucks/src/nodes');

export const {
  Parser,
}: {
  readonly Parser: new <Token extends NunjucksToken>(
    tokens: TokenSource<Token>,
  ) => NunjucksParser<Token>;
} = load('nunjucks/src/parser');

export const {
  Compiler,
}: {
  readonly Compiler: new (templateName: string, throwOnUndefined: boolean) => NunjucksCompiler;
} = load('nunjucks/src/compiler');

interface StockEnvironment {
  renderString(template: string, context: object): string;
}

/** nunjucks as its own documentation has it, loaded when it is asked for: most runs need none of it. */
export function stockEnvironment(): StockEnvironment {
  const {
    Environment,
  }: {
    readonly Environment: new (loaders: readonly [], options: object) => StockEnvironment;
  } = load('nunjucks/src/environment');
  return new Environment([], {
    autoescape: true,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  });
}
