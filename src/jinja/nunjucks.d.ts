/** The parts of nunjucks that this module builds on; its own typings cover none of them. */
declare module 'nunjucks/src/lexer.js' {
  const lexer: {
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
  };
  export default lexer;
}

declare module 'nunjucks/src/nodes.js' {
  /** A node; `fields` are what its constructor takes after line and column. */
  export class NunjucksNode {
    constructor(lineno: number, colno: number, ...fields: readonly unknown[]);
    readonly typename: string;
    readonly fields: readonly string[];
    readonly lineno: number;
    readonly colno: number;
    static extend(
      name: string,
      properties: { readonly fields: readonly string[] },
    ): typeof NunjucksNode;
  }
  const nodes: Record<
    | 'Node'
    | 'Root'
    | 'NodeList'
    | 'Literal'
    | 'Symbol'
    | 'Array'
    | 'Pair'
    | 'Dict'
    | 'LookupVal'
    | 'If'
    | 'InlineIf'
    | 'For'
    | 'Macro'
    | 'Import'
    | 'FromImport'
    | 'FunCall'
    | 'Filter'
    | 'Block'
    | 'Extends'
    | 'Include'
    | 'Set'
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
    | 'CompareOperand',
    typeof NunjucksNode
  >;
  export default nodes;
}

declare module 'nunjucks/src/parser.js' {
  export interface NunjucksToken {
    readonly type: string;
    readonly value: unknown;
    readonly lineno: number;
    readonly colno: number;
  }
  export interface TokenSource<Token extends NunjucksToken> {
    nextToken(): Token | null;
  }
  export class Parser<Token extends NunjucksToken> {
    constructor(tokens: TokenSource<Token>);
    readonly tokens: TokenSource<Token>;
    breakOnBlocks: readonly string[] | null;
    peeked: Token | null;
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
  const parser: { readonly Parser: typeof Parser };
  export default parser;
}

declare module 'nunjucks/src/compiler.js' {
  export class Compiler {
    constructor(templateName: string, throwOnUndefined: boolean);
    readonly codebuf: string[];
    /** Calls the method named `compile` and the node's typename. */
    compile(node: object, frame: unknown): void;
    _emit(code: string): void;
    _tmpid(): string;
    getCode(): string;
  }
  const compiler: { readonly Compiler: typeof Compiler };
  export default compiler;
}
