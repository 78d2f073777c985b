import { fail } from '../errors.js';
import type {
  BlockNode,
  Body,
  CallBlockNode,
  DoNode,
  Expression,
  ExtendsNode,
  FilterBlockNode,
  ForNode,
  FromImportNode,
  IfNode,
  ImportNode,
  IncludeNode,
  MacroNode,
  Node,
  OutputNode,
  SetBlockNode,
  SetNode,
  Signed,
  Target,
  WithNode,
} from '../nodes.js';
import type { Facts } from '../parser.js';
import { anyBelow, type Scope, usedUndeclared } from '../scope.js';
import { positionOf } from './base.js';
import { ExpressionCompiler } from './expressions.js';
import type { Frame } from './frame.js';

/** Thrown where the rest of a body can never run, after a second `extends`. */
class RestIsUnreachable extends Error {}

/** The third argument of `R.macro`, a sum of what the macro takes beside its parameters. */
const takes = { keywords: 1, varargs: 2, caller: 4 } as const;

/** Statements, with Jinja2's scoping. */
export class StatementCompiler extends ExpressionCompiler {
  protected readonly traced: boolean;
  protected readonly facts: Facts;
  protected extendsSoFar = 0;
  protected extendsKnown = false;

  constructor(facts: Facts, traced: boolean) {
    super();
    this.facts = facts;
    this.traced = traced;
  }

  /** Whether nodes use a special name without having set it. */
  protected uses(name: string, nodes: readonly Node[]): boolean {
    return this.facts.names.has(name) && usedUndeclared(nodes, [name]).has(name);
  }

  protected compileBody(body: Body, frame: Frame): void {
    try {
      for (const statement of body) this.compile(statement, frame);
    } catch (thrown) {
      if (!(thrown instanceof RestIsUnreachable)) throw thrown;
    }
  }

  /** Gives the variables of a scope the values they start with. */
  protected enter(scope: Scope, atFunctionStart = false): void {
    for (const [variable, load] of scope.loads) {
      this.declare(variable);
      if (load.kind === 'resolve') this._emit(`${variable}=C.get(${this.constant(load.name)});`);
      else if (load.kind === 'alias') this._emit(`${variable}=${load.of};`);
      else if (load.kind === 'missing' && !atFunctionStart) this._emit(`${variable}=void 0;`);
    }
  }

  /** Ends a scope: what outlives it no longer sees its variables. */
  private leave(scope: Scope): void {
    if (!this.facts.hasClosures) return;
    for (const variable of scope.loads.keys()) this._emit(`${variable}=void 0;`);
  }

  compileOutput(node: OutputNode, frame: Frame): void {
    if (frame.checksOutput) {
      if (this.extendsKnown) return;
      this._emit('if(P===void 0){');
    }
    for (const child of node.children) {
      const isText = child.typename === 'TemplateData';
      if (this.traced && frame.main)
        this._emit(`T.mark(C,${frame.buffer}.length,${this.placeIndex(child)},${isText});`);
      this._emit(`${frame.buffer}+=`);
      if (isText) this._emit(`${this.constant(child.value)};`);
      else this.write(frame, 'R.print(', child, `,${this.place(child)});`);
    }
    if (frame.checksOutput) this._emit('}');
  }

  compileDo(node: DoNode, frame: Frame): void {
    this.write(frame, node.value, ';');
  }

  compileIf(node: IfNode, frame: Frame): void {
    const soft = frame.softened();
    const branch = ({ cond, body }: IfNode) => {
      this.write(soft, 'if(R.truth(', cond, `,${this.place(cond)})){`);
      this.compileBody(body, soft);
      this._emit('}');
    };
    branch(node);
    for (const elif of node.elifs) {
      this._emit('else ');
      branch(elif);
    }
    if (node.else_.length > 0) {
      this._emit('else{');
      this.compileBody(node.else_, soft);
      this._emit('}');
    }
  }

  /** Assigns the value of an expression in generated code to a target. */
  private assign(target: Target, value: string, frame: Frame): void {
    switch (target.typename) {
      case 'Symbol': {
        const variable = this.variableOf(target.value, frame, target);
        this.declare(variable);
        this._emit(`${variable}=${value};`);
        if (target.use === 'store') this.names.add(target.value);
        return;
      }
      case 'NamespaceRef':
        this._emit(
          `R.setAttribute(${this.variableOf(target.name, frame, target)},${this.constant(target.attribute)},${value},${this.place(target)});`,
        );
        return;
      case 'TargetTuple': {
        const parts = this.temporary();
        this._emit(`${parts}=R.unpack(${value},${target.children.length},${this.place(target)});`);
        for (const [index, child] of target.children.entries())
          this.assign(child, `${parts}[${index}]`, frame);
      }
    }
  }

  /** Makes what was set at top level known to blocks, includes and importing templates. */
  private publish(target: Target, frame: Frame): void {
    if (!frame.topLevel) return;
    if (target.typename === 'Symbol')
      this._emit(
        `C.set(${this.constant(target.value)},${this.variableOf(target.value, frame, target)});`,
      );
    else if (target.typename === 'TargetTuple')
      for (const child of target.children) this.publish(child, frame);
  }

  /** The same, with the value at hand as a node. */
  private assignNode(target: Target, value: Expression, frame: Frame, valueFrame: Frame): void {
    if (target.typename === 'Symbol') {
      const variable = this.variableOf(target.value, frame, target);
      this.declare(variable);
      this.names.add(target.value);
      this.write(valueFrame, `${variable}=`, value, ';');
      return;
    }
    const held = this.temporary();
    this.write(valueFrame, `${held}=`, value, ';');
    this.assign(target, held, frame);
  }

  compileSet(node: SetNode, frame: Frame): void {
    this.assignNode(node.target, node.value, frame, frame);
    this.publish(node.target, frame);
  }

  /** Starts a buffer of its own for a frame. */
  private capture(frame: Frame): void {
    frame.buffer = this.temporary();
    frame.main = false;
    this._emit(`${frame.buffer}="";`);
  }

  compileSetBlock(node: SetBlockNode, frame: Frame): void {
    const inner = frame.inner();
    inner.checksOutput = false;
    inner.scope.visitAll(node.body);
    this.enter(inner.scope);
    this.capture(inner);
    this.compileBody(node.body, inner);
    if (node.filter !== null) this.assignNode(node.target, node.filter, frame, inner);
    else this.assign(node.target, inner.buffer, frame);
    this.publish(node.target, frame);
    this.leave(inner.scope);
  }

  compileFilterBlock(node: FilterBlockNode, frame: Frame): void {
    const inner = frame.inner();
    inner.scope.visitAll([...node.body, node.filter]);
    this.enter(inner.scope);
    this.capture(inner);
    this.compileBody(node.body, inner);
    this.mark(node, frame);
    this.write(inner, `${frame.buffer}+=R.text(`, node.filter, `,${this.place(node)});`);
    this.leave(inner.scope);
  }

  /** Notes, when traced, that what is added to the buffer next comes from a node. */
  private mark(node: Node, frame: Frame): void {
    if (this.traced && frame.main)
      this._emit(`T.mark(C,${frame.buffer}.length,${this.placeIndex(node)},false);`);
  }

  /** Adds what other templates or blocks render; when traced, captured parts are not noted. */
  private emitPart(frame: Frame, emit: () => void): void {
    const isCaptured = this.traced && !frame.main;
    this._emit(`${frame.buffer}+=${isCaptured ? 'R.captured(C,()=>' : ''}`);
    emit();
    this._emit(isCaptured ? ');' : ';');
  }

  compileWith(node: WithNode, frame: Frame): void {
    const inner = frame.inner();
    inner.scope.visitAll([...node.targets, ...node.body]);
    this.enter(inner.scope);
    for (const [index, target] of node.targets.entries()) {
      const value = node.values[index];
      if (value !== undefined) this.assignNode(target, value, inner, frame);
    }
    this.compileBody(node.body, inner);
    this.leave(inner.scope);
  }

  compileFor(node: ForNode, frame: Frame): void {
    const loopFrame = frame.inner();
    const elseFrame = frame.inner();
    const isExtended =
      node.recursive ||
      this.uses('loop', node.body) ||
      (this.facts.hasBlocks && anyBelow(node, isScopedBlock));
    const loop = isExtended ? loopFrame.scope.parameter('loop') : undefined;
    loopFrame.scope.visitLoop(node, node.body);
    elseFrame.scope.visitAll(node.else_);
    const filter = node.test === null ? undefined : this.compileLoopTest(node, frame, loopFrame);
    if (this.facts.names.has('loop') && anyBelow(node, isAssignedLoop))
      throw this.assertion("Can't assign to special loop variable in for-loop target", node);

    let recursion: string | undefined;
    if (node.recursive) {
      recursion = this._tmpid();
      loopFrame.buffer = elseFrame.buffer = 'o';
      loopFrame.main = elseFrame.main = false;
      this.openFunction(`const ${recursion}=(I,F,D)=>{let o="";`);
    }
    if (loop !== undefined) this.declare(loop);
    const isEmpty = node.else_.length > 0 ? this.temporary() : undefined;
    if (isEmpty !== undefined) this._emit(`${isEmpty}=true;`);
    this.compileLoop(node, frame, loopFrame, { loop, filter, isEmpty });
    this.leave(loopFrame.scope);
    if (isEmpty !== undefined) {
      this._emit(`if(${isEmpty}){`);
      this.enter(elseFrame.scope);
      this.compileBody(node.else_, elseFrame);
      this.leave(elseFrame.scope);
      this._emit('}');
    }
    if (recursion !== undefined) {
      this.closeFunction('return o;};');
      this.mark(node, frame);
      this.write(frame, `${frame.buffer}+=${recursion}(`, node.arr, `,${recursion},0);`);
    }
  }

  /** The loop itself, once its scopes are known. */
  private compileLoop(
    node: ForNode,
    frame: Frame,
    loopFrame: Frame,
    parts: {
      readonly loop: string | undefined;
      readonly filter: string | undefined;
      readonly isEmpty: string | undefined;
    },
  ): void {
    const { loop, filter, isEmpty } = parts;
    const item = this._tmpid();
    const context = loop === undefined ? undefined : this.temporary();
    this._emit(
      `for(const ${item} of ${context === undefined ? 'R.iterate(' : `${context}=R.loop(`}`,
    );
    if (filter !== undefined) this._emit(`R.generator(${filter}(`);
    if (node.recursive) this._emit('I');
    else this.write(frame, node.arr);
    if (filter !== undefined) this._emit('))');
    if (context !== undefined) this._emit(node.recursive ? ',F,D' : ',void 0,0');
    this._emit(`,${this.place(node.arr)})){R.tick(${loopFrame.buffer}.length);`);
    if (context !== undefined) this._emit(`${loop}=${context};`);
    this.assign(node.name, item, loopFrame);
    this.enter(loopFrame.scope);
    this.compileBody(node.body, loopFrame);
    if (isEmpty !== undefined) this._emit(`${isEmpty}=false;`);
    this._emit('}');
  }

  /** A generator of the items for which the loop's `if` holds. */
  private compileLoopTest(node: ForNode, frame: Frame, loopFrame: Frame): string {
    const testFrame = frame.inner();
    if (node.test === null) return '';
    testFrame.scope.visitLoop(node, [node.test]);
    const name = this._tmpid();
    this.openFunction(`const ${name}=function*(I){`);
    this.enter(testFrame.scope, true);
    const item = this._tmpid();
    this._emit(`for(const ${item} of R.iterate(I,${this.place(node.arr)})){R.tick(0);`);
    this.assign(node.name, item, loopFrame);
    this.write(testFrame, 'if(R.truth(', node.test, `,${this.place(node.test)}))yield `);
    this.compileTargetValue(node.name, loopFrame);
    this._emit(';}');
    this.closeFunction('};');
    return name;
  }

  private compileTargetValue(target: Target, frame: Frame): void {
    if (target.typename === 'Symbol') this._emit(this.variableOf(target.value, frame, target));
    else if (target.typename === 'TargetTuple') {
      this._emit('R.tuple([');
      for (const child of target.children) {
        this.compileTargetValue(child, frame);
        this._emit(',');
      }
      this._emit('])');
    }
  }

  /** The function of a macro or call block, as the arguments of `R.macro`. */
  private compileMacroValue(node: Signed & Node, name: string | null, outer: Frame): void {
    const frame = outer.inner();
    frame.checksOutput = false;
    frame.main = false;
    frame.buffer = 'o';
    frame.scope.visitAll([...node.args, ...node.defaults, ...node.body]);
    const names = node.args.map((arg) => arg.value);
    const variables = names.map((arg) => this.variableOf(arg, frame, node));
    let extra = 0;
    const used = usedUndeclared(node.body, ['caller', 'kwargs', 'varargs']);
    const caller = names.indexOf('caller');
    if (used.has('caller')) {
      if (caller < 0) variables.push(frame.scope.parameter('caller'));
      else if (caller < names.length - node.defaults.length)
        throw this.assertion(
          'When defining macros or call blocks the special "caller" argument must be omitted or be given a default.',
          node,
        );
      extra += takes.caller;
    }
    if (used.has('kwargs') && !names.includes('kwargs')) {
      variables.push(frame.scope.parameter('kwargs'));
      extra += takes.keywords;
    }
    if (used.has('varargs') && !names.includes('varargs')) {
      variables.push(frame.scope.parameter('varargs'));
      extra += takes.varargs;
    }
    this._emit(`R.macro(T,${this.constant(name)},${this.constant(names)},${extra},`);
    this.openFunction(`(${variables.join(',')})=>{let o="";`, variables);
    this.enterMacro(node, frame, new Set(variables));
    this.compileBody(node.body, frame);
    this.closeFunction('return o;})');
  }

  /** Enters a macro's scope and gives the parameters that were left out their defaults. */
  private enterMacro(node: Signed, frame: Frame, variables: Set<string>): void {
    for (const [variable, load] of frame.scope.loads) {
      if (variables.has(variable)) continue;
      this.declare(variable);
      if (load.kind === 'resolve') this._emit(`${variable}=C.get(${this.constant(load.name)});`);
      else if (load.kind === 'alias') this._emit(`${variable}=${load.of};`);
    }
    const outerUnset = this.unset;
    this.unset = new Set(variables);
    for (const [index, arg] of node.args.entries()) {
      const variable = this.variableOf(arg.value, frame, arg);
      const fallback = node.defaults[index - node.args.length + node.defaults.length];
      this._emit(`if(${variable}===void 0)${variable}=`);
      if (fallback === undefined) this._emit(`R.notProvided(${this.constant(arg.value)});`);
      else this.write(frame, fallback, ';');
      this.unset.delete(variable);
    }
    this.unset = outerUnset;
  }

  compileMacro(node: MacroNode, frame: Frame): void {
    const variable = this.variableOf(node.name, frame, node);
    this.declare(variable);
    this.names.add(node.name);
    this._emit(`${variable}=`);
    this.compileMacroValue(node, node.name, frame);
    this._emit(';');
    if (frame.topLevel) this._emit(`C.set(${this.constant(node.name)},${variable});`);
  }

  compileCallBlock(node: CallBlockNode, frame: Frame): void {
    this.mark(node, frame);
    this._emit(`${frame.buffer}+=R.text(`);
    this.compileFunCall(node.call, frame, () => this.compileMacroValue(node, null, frame));
    this._emit(`,${this.place(node)});`);
  }

  compileBlock(node: BlockNode, frame: Frame): void {
    let level = 0;
    if (frame.topLevel) {
      if (this.extendsKnown) return;
      if (this.extendsSoFar > 0) {
        this._emit('if(P===void 0){');
        level++;
      }
    }
    this.mark(node, frame);
    this.emitPart(frame, () => {
      this._emit(`R.block(C,${this.constant(node.name)},${node.required},`);
      this._emit(node.scoped ? this.locals(frame) : 'void 0');
      this._emit(`,${this.place(node)})`);
    });
    if (level > 0) this._emit('}');
  }

  /** The variables that are visible here, as `names,[values]`. */
  private locals(frame: Frame): string {
    const visible = frame.scope.visible();
    const names = this.constant([...visible.keys()]);
    return `R.locals(${names},[${[...visible.values()].join(',')}])`;
  }

  compileExtends(node: ExtendsNode, frame: Frame): void {
    if (!frame.topLevel) throw this.assertion('cannot use extend from a non top-level scope', node);
    if (this.extendsSoFar > 0) {
      if (!this.extendsKnown) this._emit('if(P!==void 0)');
      this._emit(`R.extendedTwice(${this.place(node)});`);
      if (this.extendsKnown) throw new RestIsUnreachable();
    }
    this.write(frame, 'P=R.extend(C,T,', node.template, `,${this.place(node)});`);
    if (frame.rootLevel) this.extendsKnown = true;
    this.extendsSoFar++;
  }

  compileInclude(node: IncludeNode, frame: Frame): void {
    // There Jinja2 writes past the macro or block that should catch the output, or prints an
    // object's address.
    if (!node.withContext && !frame.main)
      throw fail(
        'NotSupported',
        '"include … without context" inside of a macro, a recursive loop or a set, filter or call block is not supported',
        { at: positionOf(node) },
      );
    this.mark(node, frame);
    this.emitPart(frame, () => {
      this.write(frame, 'R.include(C,T,', node.template);
      this._emit(`,${node.ignoreMissing},${node.withContext ? this.locals(frame) : 'void 0'}`);
      this._emit(`,${this.place(node)})`);
    });
  }

  private compileModule(node: ImportNode | FromImportNode, frame: Frame): void {
    this.write(frame, 'R.module(C,T,', node.template);
    this._emit(`,${node.withContext ? this.locals(frame) : 'void 0'},${this.place(node)});`);
  }

  compileImport(node: ImportNode, frame: Frame): void {
    const variable = this.variableOf(node.target, frame, node);
    this.declare(variable);
    this.names.add(node.target);
    this._emit(`${variable}=`);
    this.compileModule(node, frame);
    if (frame.topLevel) this._emit(`C.setHidden(${this.constant(node.target)},${variable});`);
  }

  compileFromImport(node: FromImportNode, frame: Frame): void {
    const module = this.temporary();
    this._emit(`${module}=`);
    this.compileModule(node, frame);
    for (const { name, alias } of node.names) {
      const variable = this.variableOf(alias, frame, node);
      this.declare(variable);
      this.names.add(alias);
      this._emit(
        `${variable}=R.member(T,${module},${this.constant(name)},${this.placeIndex(node)});`,
      );
      if (frame.topLevel) this._emit(`C.setHidden(${this.constant(alias)},${variable});`);
    }
  }
}

function isScopedBlock(node: Node): boolean {
  return node.typename === 'Block' && node.scoped;
}

function isAssignedLoop(node: Node): boolean {
  return node.typename === 'Symbol' && node.use === 'store' && node.value === 'loop';
}
