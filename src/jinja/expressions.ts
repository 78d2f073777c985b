import { make } from './nodes.js';
import { reprText } from './operators/print.js';
import type {
  Arguments,
  Arithmetic,
  CallNode,
  Expression,
  KeywordNode,
  LiteralValue,
  OperandNode,
  PairNode,
  SymbolNode,
} from './syntax.js';
import { describe, T, type Token } from './token.js';
import { TokenReader } from './tokenReader.js';

const additive: ReadonlyMap<string, Arithmetic> = new Map([
  ['+', 'Add'],
  ['-', 'Sub'],
]);
const multiplicative: ReadonlyMap<string, Arithmetic> = new Map([
  ['*', 'Mul'],
  ['/', 'Div'],
  ['//', 'FloorDiv'],
  ['%', 'Mod'],
]);
const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=']);
const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

interface TupleRules {
  /** Without `a if b else c`, where an `if` has another meaning. */
  readonly noInlineIf?: boolean;
  /** Only names, literals and what brackets hold, as for targets. */
  readonly primaries?: boolean;
  /** Between parentheses, where a tuple may be empty. */
  readonly enclosed?: boolean;
}

/**
 * Jinja2's expression grammar on nunjucks' parser, whose own differs: other precedence of `~`,
 * `in` and `is`; no tuples, slices, chained comparisons, `*args`, adjacent strings.
 */
export class ExpressionParser extends TokenReader {
  protected readonly symbols = new Set<string>();

  parseExpression(withInlineIf = true): Expression {
    return withInlineIf ? this.#parseInlineIf() : this.#parseOr();
  }

  #parseInlineIf(): Expression {
    let node = this.#parseOr();
    while (this.isName('if')) {
      const at = this.take();
      const cond = this.#parseOr();
      const else_ = this.skipSymbol('else') ? this.#parseInlineIf() : null;
      node = make('InlineIf', at, { cond, body: node, else_ });
    }
    return node;
  }

  #parseOr(): Expression {
    let left = this.#parseAnd();
    while (this.isName('or')) {
      const at = this.take();
      left = make('Or', at, { left, right: this.#parseAnd() });
    }
    return left;
  }

  #parseAnd(): Expression {
    let left = this.#parseNot();
    while (this.isName('and')) {
      const at = this.take();
      left = make('And', at, { left, right: this.#parseNot() });
    }
    return left;
  }

  #parseNot(): Expression {
    if (!this.isName('not')) {
      return this.#parseCompare();
    }
    const at = this.take();
    return make('Not', at, { target: this.#parseNot() });
  }

  #parseCompare(): Expression {
    const expr = this.#parseSum();
    const ops: OperandNode[] = [];
    for (;;) {
      const token = this.here();
      let type: string;
      if (token.type === T.operator && comparisons.has(token.value)) {
        type = token.value;
      } else if (this.isName('in')) {
        type = 'in';
      } else if (this.isName('not') && this.isNameAfterNext('in')) {
        this.take();
        type = 'not in';
      } else {
        break;
      }
      this.take();
      ops.push(make('CompareOperand', token, { expr: this.#parseSum(), type }));
    }
    const [first] = ops;
    return first === undefined ? expr : make('Compare', first, { expr, ops });
  }

  #parseArithmetic(
    operators: ReadonlyMap<string, Arithmetic>,
    parseOperand: () => Expression,
  ): Expression {
    let left = parseOperand();
    for (;;) {
      const at = this.here();
      const typename = at.type === T.operator ? operators.get(at.value) : undefined;
      if (typename === undefined) {
        return left;
      }
      this.take();
      left = make(typename, at, { left, right: parseOperand() });
    }
  }

  #parseSum(): Expression {
    return this.#parseArithmetic(additive, () => this.#parseConcat());
  }

  #parseConcat(): Expression {
    const first = this.#parseProduct();
    if (!this.is(T.tilde)) {
      return first;
    }
    const at = this.here();
    const parts = [first];
    while (this.skip(T.tilde)) {
      parts.push(this.#parseProduct());
    }
    return make('Concat', at, { parts });
  }

  #parseProduct(): Expression {
    return this.#parseArithmetic(multiplicative, () => this.#parsePower());
  }

  #parsePower(): Expression {
    let left = this.#parseUnary();
    while (this.isOperator('**')) {
      const at = this.take();
      left = make('Pow', at, { left, right: this.#parseUnary() });
    }
    return left;
  }

  #parseUnary(withFilters = true): Expression {
    let node: Expression;
    if (this.isOperator('-')) {
      const at = this.take();
      node = make('Neg', at, { target: this.#parseUnary(false) });
    } else if (this.isOperator('+')) {
      const at = this.take();
      node = make('Pos', at, { target: this.#parseUnary(false) });
    } else {
      node = this.parsePrimary();
    }
    node = this.#parsePostfix(node);
    return withFilters ? this.#parseFiltersAndTests(node) : node;
  }

  protected parsePrimary(): Expression {
    const token = this.peekToken();
    switch (token?.type) {
      case T.symbol: {
        this.take();
        const constant = constants.get(token.value);
        if (constant !== undefined) {
          return this.#literal(token, constant);
        }
        return this.symbol(token, token.value, 'load');
      }
      case T.string: {
        let text = '';
        for (let part: Token | null = token; part?.type === T.string; part = this.peekToken()) {
          text += part.value;
          this.take();
        }
        return this.#literal(token, text);
      }
      case T.int:
        this.take();
        return this.#literal(token, token.value);
      case T.float:
        this.take();
        return this.#literal(token, { float: token.value });
      case T.leftParen: {
        this.take();
        const node = this.parseTuple({ enclosed: true });
        this.expect(T.rightParen, ')');
        return node;
      }
      case T.leftBracket:
        return this.#parseList();
      case T.leftCurly:
        return this.#parseDict();
      default:
        throw this.failure(`unexpected ${reprText(describe(token ?? null))}`);
    }
  }

  protected symbol(at: Token, value: string, use: SymbolNode['use']): SymbolNode {
    this.symbols.add(value);
    return make('Symbol', at, { value, use });
  }

  #literal(at: Token, value: LiteralValue): Expression {
    return make('Literal', at, { value });
  }

  /** One expression, or several with commas between them, which make a tuple. */
  protected parseTuple(rules: TupleRules = {}): Expression {
    const at = this.here();
    const children: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (children.length > 0) {
        this.expect(T.comma, ',');
      }
      if (this.#isTupleEnd()) {
        break;
      }
      children.push(
        rules.primaries === true
          ? this.parsePrimary()
          : this.parseExpression(rules.noInlineIf !== true),
      );
      if (!this.is(T.comma)) {
        break;
      }
      isTuple = true;
    }
    if (!isTuple) {
      const [only] = children;
      if (only !== undefined) {
        return only;
      }
      if (rules.enclosed !== true) {
        throw this.failure(`Expected an expression, got ${reprText(describe(this.peekToken()))}`);
      }
    }
    return make('Tuple', at, { children });
  }

  #isTupleEnd(): boolean {
    const type = this.peekToken()?.type;
    return type === T.variableEnd || type === T.blockEnd || type === T.rightParen;
  }

  #parseList(): Expression {
    const at = this.take();
    const children: Expression[] = [];
    while (!this.is(T.rightBracket)) {
      if (children.length > 0) {
        this.expect(T.comma, ',');
      }
      if (this.is(T.rightBracket)) {
        break;
      }
      children.push(this.parseExpression());
    }
    this.expect(T.rightBracket, ']');
    return make('Array', at, { children });
  }

  #parseDict(): Expression {
    const at = this.take();
    const children: PairNode[] = [];
    while (!this.is(T.rightCurly)) {
      if (children.length > 0) {
        this.expect(T.comma, ',');
      }
      if (this.is(T.rightCurly)) {
        break;
      }
      const key = this.parseExpression();
      this.expect(T.colon, ':');
      children.push(make('Pair', key, { key, value: this.parseExpression() }));
    }
    this.expect(T.rightCurly, '}');
    return make('Dict', at, { children });
  }

  #parsePostfix(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.isOperator('.')) {
        node = this.#parseAttribute(node);
      } else if (this.is(T.leftBracket)) {
        node = this.#parseSubscript(node);
      } else if (this.is(T.leftParen)) {
        node = this.#parseCallOf(node);
      } else {
        return node;
      }
    }
  }

  #parseAttribute(target: Expression): Expression {
    this.take();
    const name = this.here();
    if (name.type !== T.symbol && name.type !== T.int) {
      throw this.failure('expected name or number', this.peekToken());
    }
    this.take();
    const val = this.#literal(name, name.value);
    return make('LookupVal', name, { target, val, attribute: name.type === T.symbol });
  }

  #parseSubscript(target: Expression): Expression {
    const at = this.take();
    const items: Expression[] = [];
    while (!this.is(T.rightBracket)) {
      if (items.length > 0) {
        this.expect(T.comma, ',');
      }
      items.push(this.#parseSubscribed());
    }
    this.expect(T.rightBracket, ']');
    const [first] = items;
    const val =
      items.length === 1 && first !== undefined ? first : make('Tuple', at, { children: items });
    return make('LookupVal', at, { target, val, attribute: false });
  }

  #parseSubscribed(): Expression {
    const at = this.here();
    const start = this.is(T.colon) ? null : this.parseExpression();
    if (!this.skip(T.colon)) {
      return start ?? this.parseExpression();
    }
    const stop = this.#isSliceEnd() ? null : this.parseExpression();
    const step = this.skip(T.colon) && !this.#isSliceEnd() ? this.parseExpression() : null;
    return make('Slice', at, { start, stop, step });
  }

  #isSliceEnd(): boolean {
    return this.is(T.colon) || this.is(T.rightBracket) || this.is(T.comma);
  }

  #parseFiltersAndTests(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.is(T.pipe)) {
        node = this.parseFilters(node);
      } else if (this.isName('is')) {
        node = this.#parseTest(node);
      } else if (this.is(T.leftParen)) {
        node = this.#parseCallOf(node);
      } else {
        return node;
      }
    }
  }

  /** `|name(…)|…` after an expression; with `inline`, the first one comes without its pipe. */
  protected parseFilters(start: Expression, inline = false): Expression {
    let node = start;
    for (let first = inline; first || this.is(T.pipe); first = false) {
      if (!first) {
        this.take();
      }
      const at = this.here();
      const name = this.#parseDottedName();
      const args = this.is(T.leftParen) ? this.#parseArguments() : noArguments;
      node = make('Filter', at, { target: node, name, ...args });
    }
    return node;
  }

  #parseDottedName(): string {
    let name: string = this.expectAnyName().value;
    while (this.skipValue(T.operator, '.')) {
      name += `.${this.expectAnyName().value}`;
    }
    return name;
  }

  #parseTest(target: Expression): Expression {
    const at = this.take();
    const negated = this.skipSymbol('not');
    const name = this.#parseDottedName();
    let args = noArguments;
    if (this.is(T.leftParen)) {
      args = this.#parseArguments();
    } else if (this.#startsTestArgument()) {
      if (this.isName('is')) {
        throw this.failure('You cannot chain multiple tests with is');
      }
      args = { ...noArguments, args: [this.#parsePostfix(this.parsePrimary())] };
    }
    const node = make('Is', at, { target, name, ...args });
    return negated ? make('Not', at, { target: node }) : node;
  }

  #startsTestArgument(): boolean {
    const token = this.peekToken();
    switch (token?.type) {
      case T.symbol:
        return token.value !== 'else' && token.value !== 'or' && token.value !== 'and';
      case T.string:
      case T.int:
      case T.float:
      case T.leftBracket:
      case T.leftCurly:
        return true;
      default:
        return false;
    }
  }

  #parseCallOf(name: Expression): CallNode {
    return make('FunCall', name, { name, ...this.#parseArguments() });
  }

  #parseArguments(): Arguments {
    const at = this.expect(T.leftParen, '(');
    const args: Expression[] = [];
    const keywords: KeywordNode[] = [];
    let moreArgs: Expression | null = null;
    let moreKeywords: Expression | null = null;
    const ensure = (valid: boolean) => {
      if (!valid) {
        throw this.failure('invalid syntax for function call expression', at);
      }
    };
    for (let first = true; !this.is(T.rightParen); first = false) {
      if (!first) {
        this.expect(T.comma, ',');
        if (this.is(T.rightParen)) {
          break;
        }
      }
      if (this.isOperator('*')) {
        ensure(moreArgs === null && moreKeywords === null);
        this.take();
        moreArgs = this.parseExpression();
      } else if (this.isOperator('**')) {
        ensure(moreKeywords === null);
        this.take();
        moreKeywords = this.parseExpression();
      } else if (this.#isKeyword()) {
        ensure(moreKeywords === null);
        const key = this.expectAnyName();
        this.take();
        keywords.push(make('Keyword', key, { key: key.value, value: this.parseExpression() }));
      } else {
        ensure(moreArgs === null && moreKeywords === null && keywords.length === 0);
        args.push(this.parseExpression());
      }
    }
    this.expect(T.rightParen, ')');
    return { args, keywords, moreArgs, moreKeywords };
  }

  #isKeyword(): boolean {
    if (!this.is(T.symbol)) {
      return false;
    }
    const next = this.afterNext();
    return next?.type === T.operator && next.value === '=';
  }
}

const noArguments: Arguments = { args: [], keywords: [], moreArgs: null, moreKeywords: null };
