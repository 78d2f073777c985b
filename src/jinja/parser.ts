import type { Failure } from './errors.js';
import { fail } from './errors.js';
import type { Lexer } from './lexer.js';
import { make } from './nodes.js';
import { reprText } from './operators/print.js';
import { isSpace } from './operators/text.js';
import type {
  Body,
  Expression,
  IfNode,
  OutputNode,
  RootNode,
  Statement,
  SymbolNode,
  Target,
} from './syntax.js';
import { hasTwice, setUse, TargetParser } from './targets.js';
import { T, type Token } from './token.js';

/** What a template has anywhere, so that the compiler need not look for what is nowhere. */
export interface Facts {
  /** All names that are used or set. */
  readonly names: ReadonlySet<string>;
  /** Whether anything outlives the scope it was made in: macros and call blocks. */
  hasClosures: boolean;
  hasBlocks: boolean;
  hasExtends: boolean;
}

/** Jinja2's statements on nunjucks' parser; no statement that Jinja2 does not have is known. */
export class TemplateParser extends TargetParser {
  /** The tags that are open, outermost first. */
  readonly #tags: Token[] = [];
  /** For each body being parsed, the tags that may end it. */
  readonly #ends: (readonly string[])[] = [];
  /** What the template has at all. */
  readonly facts: Facts = {
    names: this.symbols,
    hasClosures: false,
    hasBlocks: false,
    hasExtends: false,
  };

  constructor(lexer: Lexer) {
    super(lexer);
  }

  parseTemplate(): RootNode {
    return this.parseAsRoot() as RootNode;
  }

  /** A body up to one of the tags that end it, or the whole template. */
  override parseNodes(): Statement[] {
    const body: Statement[] = [];
    let parts: OutputNode['children'][number][] = [];
    let start: Token | undefined;
    const flush = () => {
      if (start !== undefined) {
        body.push(make('Output', start, { children: parts }));
      }
      parts = [];
      start = undefined;
    };
    for (let token = this.nextToken(); token !== null; token = this.nextToken()) {
      if (token.type === T.blockStart) {
        flush();
        const statement = this.parseStatement();
        if (statement === null) {
          return body;
        }
        body.push(statement);
        this.expect(T.blockEnd, 'end of statement block');
        continue;
      }
      start ??= token;
      if (token.type === T.data) {
        parts.push(make('TemplateData', token, { value: token.value }));
      } else {
        parts.push(this.parseTuple());
        this.expect(T.variableEnd, 'end of print statement');
      }
    }
    flush();
    return body;
  }

  /** The statement of a tag, or null where the tag ends the body. */
  parseStatement(): Statement | null {
    const token = this.peekToken();
    if (token?.type !== T.symbol) {
      throw this.failure('tag name expected', token);
    }
    if (this.breakOnBlocks?.includes(token.value)) {
      return null;
    }
    this.#tags.push(token);
    const statement = this.#parseTag(token.value);
    if (statement === undefined) {
      this.#tags.pop();
      throw this.#unknownTag(token.value);
    }
    this.#tags.pop();
    return statement;
  }

  #parseTag(name: string): Statement | undefined {
    switch (name) {
      case 'for':
        return this.#parseFor();
      case 'if':
        return this.#parseIf();
      case 'set':
        return this.#parseSet();
      case 'do': {
        const at = this.take();
        return make('Do', at, { value: this.parseTuple() });
      }
      case 'with':
        return this.#parseWith();
      case 'block':
        return this.#parseBlock();
      case 'macro':
        return this.#parseMacro();
      case 'call':
        return this.#parseCallBlock();
      case 'filter':
        return this.#parseFilterBlock();
      case 'extends': {
        this.facts.hasExtends = true;
        const at = this.take();
        return make('Extends', at, { template: this.parseExpression() });
      }
      case 'include':
        return this.#parseInclude();
      case 'import':
        return this.#parseImport();
      case 'from':
        return this.#parseFrom();
      case 'print':
        return this.#parsePrint();
      case 'autoescape':
        throw fail('NotSupported', 'the tag autoescape is not supported', {
          at: this.#placeOf(this.here()),
          hint: 'nothing is escaped; use the filter e where HTML is wanted',
        });
      default:
        return undefined;
    }
  }

  #placeOf(token: Token) {
    return { line: token.lineno + 1, column: token.colno + 1 };
  }

  /** The body after a tag, up to one of `ends`, whose name is left to be read. */
  #parseBody(...ends: readonly string[]): Body {
    this.skip(T.colon);
    this.expect(T.blockEnd, 'end of statement block');
    this.#ends.push(ends);
    const body = this.parseUntilBlocks(...ends).children as Body;
    if (this.peekToken() === null) {
      throw this.#unfinished(undefined);
    }
    this.#ends.pop();
    return body;
  }

  /** The same for a body with one possible end, which is read. */
  #parseBodyTo(end: string): Body {
    const body = this.#parseBody(end);
    this.take();
    return body;
  }

  #unknownTag(name: string): Failure {
    return this.#unfinished(name);
  }

  /** Jinja2's message for a tag that fits nowhere, or for a template that ends too early. */
  #unfinished(name: string | undefined): Failure {
    const parts = [
      name === undefined
        ? 'Unexpected end of template.'
        : `Encountered unknown tag ${reprText(name)}.`,
    ];
    const wanted = this.#ends.at(-1);
    if (wanted !== undefined) {
      const list = wanted.map(reprText).join(' or ');
      parts.push(
        name !== undefined && this.#ends.some((ends) => ends.includes(name))
          ? `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${list}.`
          : `Jinja was looking for the following tags: ${list}.`,
      );
    }
    const innermost = this.#tags.at(-1);
    if (innermost === undefined) {
      return this.failure(parts.join(' '));
    }
    const tag = reprText(String(innermost.value));
    parts.push(`The innermost block that needs to be closed is ${tag}.`);
    return this.failure(
      parts.join(' '),
      this.peekToken(),
      `${tag} is opened on line ${innermost.lineno + 1}`,
    );
  }

  #parseFor(): Statement {
    const at = this.take();
    const name = this.parseTarget();
    this.expectName('in');
    const arr = this.parseTuple({ noInlineIf: true });
    const test = this.skipSymbol('if') ? this.parseExpression() : null;
    const recursive = this.skipSymbol('recursive');
    const body = this.#parseBody('endfor', 'else');
    const else_ = this.take().value === 'else' ? this.#parseBodyTo('endfor') : [];
    return make('For', at, { name, arr, body, else_, test, recursive });
  }

  #parseIf(): IfNode {
    const at = this.take();
    const cond = this.parseTuple({ noInlineIf: true });
    const body = this.#parseBody('elif', 'else', 'endif');
    const elifs: IfNode[] = [];
    while (this.isName('elif')) {
      const elifAt = this.take();
      const elifCond = this.parseTuple({ noInlineIf: true });
      const elifBody = this.#parseBody('elif', 'else', 'endif');
      elifs.push(make('If', elifAt, { cond: elifCond, body: elifBody, elifs: [], else_: [] }));
    }
    const else_ = this.take().value === 'else' ? this.#parseBodyTo('endif') : [];
    return make('If', at, { cond, body, elifs, else_ });
  }

  #parseSet(): Statement {
    const at = this.take();
    const target = this.isNamespaceTarget() ? this.parseNamespaceTarget() : this.parseTarget();
    if (this.skipValue(T.operator, '=')) {
      if (hasTwice(target)) {
        throw fail('NotSupported', 'a name that is set twice at once is not supported', {
          at: this.#placeOf(at),
        });
      }
      return make('Set', at, { target, value: this.parseTuple() });
    }
    const capture = make('Capture', at, {});
    const filtered = this.parseFilters(capture);
    const body = this.#parseBodyTo('endset');
    return make('SetBlock', at, {
      target,
      filter: filtered === capture ? null : filtered,
      body,
    });
  }

  #parseWith(): Statement {
    const at = this.take();
    const targets: Target[] = [];
    const values: Expression[] = [];
    while (!this.is(T.blockEnd)) {
      if (targets.length > 0) {
        this.expect(T.comma, ',');
      }
      const target = this.parseTarget();
      setUse(target, 'param');
      targets.push(target);
      this.expectAssignment();
      values.push(this.parseExpression());
    }
    return make('With', at, { targets, values, body: this.#parseBodyTo('endwith') });
  }

  #parseBlock(): Statement {
    this.facts.hasBlocks = true;
    const at = this.take();
    const name = this.expectAnyName().value;
    const scoped = this.skipSymbol('scoped');
    const required = this.skipSymbol('required');
    const next = this.here();
    if (next.type === T.operator && next.value === '-') {
      throw this.failure(
        'Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.',
      );
    }
    const body = this.#parseBodyTo('endblock');
    if (required && !body.every(isBlank)) {
      throw this.failure('Required blocks can only contain comments or whitespace', at);
    }
    this.skipSymbol(name);
    return make('Block', at, { name, body, scoped, required });
  }

  #parseSignature(): { args: SymbolNode[]; defaults: Expression[] } {
    const args: SymbolNode[] = [];
    const defaults: Expression[] = [];
    this.expect(T.leftParen, '(');
    while (!this.is(T.rightParen)) {
      if (args.length > 0) {
        this.expect(T.comma, ',');
      }
      const arg = this.parseName('param');
      if (this.skipValue(T.operator, '=')) {
        defaults.push(this.parseExpression());
      } else if (defaults.length > 0) {
        throw this.failure('non-default argument follows default argument');
      }
      args.push(arg);
    }
    this.expect(T.rightParen, ')');
    return { args, defaults };
  }

  #parseMacro(): Statement {
    this.facts.hasClosures = true;
    const at = this.take();
    const name = this.parseName('store').value;
    const signature = this.#parseSignature();
    return make('Macro', at, { name, ...signature, body: this.#parseBodyTo('endmacro') });
  }

  #parseCallBlock(): Statement {
    this.facts.hasClosures = true;
    const at = this.take();
    const signature = this.is(T.leftParen) ? this.#parseSignature() : { args: [], defaults: [] };
    const call = this.parseExpression();
    if (call.typename !== 'FunCall') {
      throw this.failure('expected call', at);
    }
    return make('CallBlock', at, { call, ...signature, body: this.#parseBodyTo('endcall') });
  }

  #parseFilterBlock(): Statement {
    const at = this.take();
    const filter = this.parseFilters(make('Capture', at, {}), true);
    return make('FilterBlock', at, { body: this.#parseBodyTo('endfilter'), filter });
  }

  /** `with context` or `without context`, where it stands. */
  #parseContextRule(): boolean | undefined {
    if (!this.isName('with') && !this.isName('without')) {
      return undefined;
    }
    if (!this.isNameAfterNext('context')) {
      return undefined;
    }
    const rule = this.take().value === 'with';
    this.take();
    return rule;
  }

  #parseInclude(): Statement {
    const at = this.take();
    const template = this.parseExpression();
    const ignoreMissing = this.isName('ignore') && this.isNameAfterNext('missing');
    if (ignoreMissing) {
      this.take();
      this.take();
    }
    const withContext = this.#parseContextRule() ?? true;
    return make('Include', at, { template, withContext, ignoreMissing });
  }

  #parseImport(): Statement {
    const at = this.take();
    const template = this.parseExpression();
    this.expectName('as');
    const target = this.parseName('store').value;
    const withContext = this.#parseContextRule() ?? false;
    return make('Import', at, { template, target, withContext });
  }

  #parseFrom(): Statement {
    const at = this.take();
    const template = this.parseExpression();
    this.expectName('import');
    const names: { name: string; alias: string }[] = [];
    let withContext: boolean | undefined;
    for (;;) {
      if (names.length > 0) {
        this.expect(T.comma, ',');
      }
      withContext = this.#parseContextRule();
      if (withContext !== undefined) {
        break;
      }
      const name = this.parseName('store');
      if (name.value.startsWith('_')) {
        throw fail(
          'TemplateAssertionError',
          'names starting with an underline can not be imported',
          { at: { line: name.lineno + 1, column: name.colno + 1 } },
        );
      }
      const alias = this.skipSymbol('as') ? this.parseName('store').value : name.value;
      names.push({ name: name.value, alias });
      withContext = this.#parseContextRule();
      if (withContext !== undefined || !this.is(T.comma)) {
        break;
      }
    }
    return make('FromImport', at, { template, names, withContext: withContext ?? false });
  }

  #parsePrint(): Statement {
    const at = this.take();
    const children: Expression[] = [];
    while (!this.is(T.blockEnd)) {
      if (children.length > 0) {
        this.expect(T.comma, ',');
      }
      children.push(this.parseExpression());
    }
    return make('Output', at, { children });
  }
}

function isBlank(statement: Statement): boolean {
  return (
    statement.typename === 'Output' &&
    statement.children.every((child) => child.typename === 'TemplateData' && isSpace(child.value))
  );
}
