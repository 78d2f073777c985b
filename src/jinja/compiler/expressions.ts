import { Float } from '#core/data/data.js';
import { fail } from '../errors.js';
import { reprText } from '../operators/print.js';
import type {
  Arguments,
  At,
  BinaryNode,
  CallNode,
  CaptureNode,
  CompareNode,
  ConcatNode,
  DictNode,
  Expression,
  FilterNode,
  InlineIfNode,
  LiteralNode,
  LogicNode,
  LookupNode,
  SequenceNode,
  SliceNode,
  SymbolNode,
  TestNode,
  UnaryNode,
} from '../syntax.js';
import { CodeWriter, positionOf } from './base.js';
import {
  type Evaluate,
  hasNegativeBase,
  isFailingSlice,
  isUndefinedConstant,
  unhashableIn,
} from './constants.js';
import type { Frame } from './frame.js';

const comparisons: ReadonlyMap<string, string> = new Map([
  ['==', 'R.eq'],
  ['!=', 'R.ne'],
  ['<', 'R.lt'],
  ['<=', 'R.le'],
  ['>', 'R.gt'],
  ['>=', 'R.ge'],
  ['in', 'R.within'],
  ['not in', 'R.without'],
]);

/** Expressions: each operation is a call into the runtime, with the place as its last argument. */
export class ExpressionCompiler extends CodeWriter {
  /** The parameters of a macro that its defaults may not rely on yet. */
  protected unset: Set<string> | undefined;
  readonly #evaluate: Evaluate | undefined;

  /** With `evaluate`, what Jinja2 may reject although it never runs is refused. */
  constructor(evaluate?: Evaluate) {
    super();
    this.#evaluate = evaluate;
  }

  /** Starts the code of one expression by itself. */
  openExpression(): void {
    this.openFunction('"use strict";');
    this._emit('return ');
  }
  /** Ends it, and gives the code. */
  closeExpression(): string {
    this.closeFunction(';');
    return this.getCode();
  }

  compileLiteral(node: LiteralNode): void {
    const { value } = node;
    if (value === null || typeof value === 'boolean') {
      this._emit(String(value));
    } else {
      this._emit(this.constant(typeof value === 'object' ? new Float(value.float) : value));
    }
  }

  /** The variable of a name in its scope. */
  protected variableOf(name: string, frame: Frame, at: At): string {
    const variable = frame.scope.find(name);
    if (variable !== undefined) {
      return variable;
    }
    // Jinja2 overlooks the names in the filters of a set block; so its error is kept.
    throw fail(
      'AssertionError',
      `Tried to resolve a name to a reference that was unknown to the frame (${reprText(name)})`,
      { at: positionOf(at) },
    );
  }

  compileSymbol(node: SymbolNode, frame: Frame): void {
    const variable = this.variableOf(node.value, frame, node);
    if (node.use !== 'load') {
      this._emit(variable);
      return;
    }
    const isSet =
      frame.scope.findLoad(variable)?.kind === 'parameter' && this.unset?.has(variable) !== true;
    // A macro that outlives its loop finds the loop's variables gone.
    if (isSet && !this.isOwn(variable)) {
      this._emit(`R.held(${variable})`);
    } else if (isSet) {
      this._emit(variable);
    } else {
      this._emit(
        `(${variable}===void 0?R.unknown(C,T,${this.constantIndex(node.value)},${this.placeIndex(node)}):${variable})`,
      );
    }
  }

  #compileList(nodes: readonly Expression[], frame: Frame): void {
    this._emit('[');
    for (const node of nodes) {
      this.write(frame, node, ',');
    }
    this._emit(']');
  }

  compileArray(node: SequenceNode, frame: Frame): void {
    this._emit('R.list(');
    this.#compileList(node.children, frame);
    this._emit(`,${this.place(node)})`);
  }

  compileTuple(node: SequenceNode, frame: Frame): void {
    this._emit('R.tuple(');
    this.#compileList(node.children, frame);
    this._emit(`,${this.place(node)})`);
  }

  compileDict(node: DictNode, frame: Frame): void {
    this._emit('R.dict([');
    for (const pair of node.children) {
      const unhashable = unhashableIn(pair.key);
      if (unhashable !== undefined) {
        throw fail('NotSupported', `unhashable type: '${unhashable}'`, {
          at: positionOf(pair.key),
          hint: 'a list or dict cannot be a key of a dict',
        });
      }
      this.write(frame, pair.key, ',', pair.value, ',');
    }
    this._emit(`],${this.place(node)})`);
  }

  compileLookupVal(node: LookupNode, frame: Frame): void {
    const { target, val } = node;
    if (val.typename === 'Slice') {
      if (this.#evaluate !== undefined && isFailingSlice(node, this.#evaluate)) {
        throw fail('NotSupported', 'a slice of a constant that has none is not supported', {
          at: positionOf(node),
        });
      }
      this.write(frame, 'R.slice(', target, ',');
      this.compileSlice(val, frame);
      this._emit(`,${this.place(node)})`);
    } else {
      this.write(
        frame,
        node.attribute ? 'R.attribute(' : 'R.element(',
        target,
        ',',
        val,
        `,${this.place(node)})`,
      );
    }
  }

  /** The three parts of a slice, as arguments. */
  compileSlice(node: SliceNode, frame: Frame): void {
    this.write(frame, node.start ?? 'null', ',', node.stop ?? 'null', ',', node.step ?? 'null');
  }

  #compileUnary(name: string, node: UnaryNode, frame: Frame): void {
    this.write(frame, `R.${name}(`, node.target, `,${this.place(node)})`);
  }
  compileNot(node: UnaryNode, frame: Frame): void {
    this.write(frame, '!R.truth(', node.target, `,${this.place(node)})`);
  }
  compileNeg(node: UnaryNode, frame: Frame): void {
    this.#compileUnary('negate', node, frame);
  }
  compilePos(node: UnaryNode, frame: Frame): void {
    this.#compileUnary('plus', node, frame);
  }

  #compileBinary(name: string, node: BinaryNode, frame: Frame): void {
    this.write(frame, `R.${name}(`, node.left, ',', node.right, `,${this.place(node)})`);
  }
  compileAdd(node: BinaryNode, frame: Frame): void {
    this.#compileBinary('add', node, frame);
  }
  compileSub(node: BinaryNode, frame: Frame): void {
    this.#compileBinary('subtract', node, frame);
  }
  compileMul(node: BinaryNode, frame: Frame): void {
    this.#compileBinary('multiply', node, frame);
  }
  compileDiv(node: BinaryNode, frame: Frame): void {
    this.#compileBinary('divide', node, frame);
  }
  compileFloorDiv(node: BinaryNode, frame: Frame): void {
    this.#compileBinary('floorDivide', node, frame);
  }
  compileMod(node: BinaryNode, frame: Frame): void {
    this.#compileBinary('modulo', node, frame);
  }
  compilePow(node: BinaryNode, frame: Frame): void {
    if (this.#evaluate !== undefined && hasNegativeBase(node, this.#evaluate)) {
      throw fail('NotSupported', 'a power of a negative constant is not supported', {
        at: positionOf(node),
        hint: 'to Jinja2, -2 ** n is -(2 ** n) but -2 ** 2 is 4: set a variable to the base first',
      });
    }
    this.#compileBinary('power', node, frame);
  }

  /** Refuses what Jinja2 may reject although it never runs. */
  #refuseUndefined(nodes: readonly Expression[]): void {
    for (const node of nodes) {
      if (this.#evaluate !== undefined && isUndefinedConstant(node, this.#evaluate)) {
        throw fail('NotSupported', 'a constant that is undefined is not supported here', {
          at: positionOf(node),
        });
      }
    }
  }

  compileConcat(node: ConcatNode, frame: Frame): void {
    this.#refuseUndefined(node.parts);
    this._emit('R.join(');
    this.#compileList(node.parts, frame);
    this._emit(`,${this.place(node)})`);
  }

  /** Python's `and` and `or` give one of their operands. */
  compileAnd(node: LogicNode, frame: Frame): void {
    this.#refuseUndefined([node.left]);
    const left = this.temporary();
    this.write(frame, `(R.truth(${left}=`, node.left, `,${this.place(node)})?`);
    this.write(frame, node.right, `:${left})`);
  }
  compileOr(node: LogicNode, frame: Frame): void {
    this.#refuseUndefined([node.left]);
    const left = this.temporary();
    this.write(frame, `(R.truth(${left}=`, node.left, `,${this.place(node)})?${left}:`);
    this.write(frame, node.right, ')');
  }

  /** `a < b < c` is `a < b and b < c`, with b evaluated once. */
  compileCompare(node: CompareNode, frame: Frame): void {
    const { ops } = node;
    let left: string | Expression = node.expr;
    this._emit('(');
    for (const [index, op] of ops.entries()) {
      const isLast = index === ops.length - 1;
      const right: string = isLast ? '' : this.temporary();
      this.write(frame, `${comparisons.get(op.type) ?? ''}(`, left, ',');
      if (!isLast) {
        this._emit(`${right}=`);
      }
      this.write(frame, op.expr, `,${this.place(op)})`, isLast ? ')' : '&&');
      left = right;
    }
  }

  compileInlineIf(node: InlineIfNode, frame: Frame): void {
    this.#refuseUndefined([node.cond]);
    const soft = frame.softened();
    this.write(soft, '(R.truth(', node.cond, `,${this.place(node)})?`, node.body, ':');
    if (node.else_ !== null) {
      this.write(soft, node.else_, ')');
    } else {
      this._emit(`R.noElse(T,${this.placeIndex(node)}))`);
    }
  }

  /** The arguments of a call: an array and the keywords, if any. */
  protected compileArguments(
    node: Arguments & At,
    first: Expression | undefined,
    frame: Frame,
    caller?: () => void,
  ): void {
    if (node.moreArgs !== null) {
      this._emit('R.spread(');
    }
    this.#compileList(first === undefined ? node.args : [first, ...node.args], frame);
    if (node.moreArgs !== null) {
      this.write(frame, ',', node.moreArgs, `,${this.place(node.moreArgs)})`);
    }
    this._emit(',');
    const { keywords, moreKeywords } = node;
    if (keywords.length === 0 && moreKeywords === null && caller === undefined) {
      this._emit('void 0');
      return;
    }
    const names = keywords.map((keyword) => keyword.key);
    if (caller !== undefined) {
      names.push('caller');
    }
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) !== index) {
        throw fail('SyntaxError', `keyword argument repeated: ${name}`, { at: positionOf(node) });
      }
    }
    this._emit(`R.keywords(${this.constant(names)},[`);
    for (const keyword of keywords) {
      this.write(frame, keyword.value, ',');
    }
    caller?.();
    this._emit(']');
    if (moreKeywords !== null) {
      this.write(frame, ',', moreKeywords, `,${this.place(moreKeywords)}`);
    }
    this._emit(')');
  }

  compileFunCall(node: CallNode, frame: Frame, caller?: () => void): void {
    this.write(frame, 'R.call(', node.name, ',');
    this.compileArguments(node, undefined, frame, caller);
    this._emit(`,${this.place(node)})`);
  }

  compileFilter(node: FilterNode, frame: Frame): void {
    this.#compileNamed('filter', node, frame);
  }
  compileIs(node: TestNode, frame: Frame): void {
    this.#compileNamed('test', node, frame);
  }

  #compileNamed(kind: 'filter' | 'test', node: FilterNode | TestNode, frame: Frame): void {
    this._emit(`R.${kind}(C,T,${this.constant(node.name)},`);
    this.compileArguments(node, node.target, frame);
    const place = this.placeIndex(node);
    this._emit(`,T.p=${place})`);
    if (!frame.soft) {
      this.needs.push({ kind, name: node.name, place });
    }
  }

  compileCapture(_node: CaptureNode, frame: Frame): void {
    this._emit(frame.buffer);
  }
}
