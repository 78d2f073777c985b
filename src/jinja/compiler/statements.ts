import type { Facts } from '../parser.js';
import { type Scope, usedUndeclared } from '../scope.js';
import type {
  Body,
  DoNode,
  Expression,
  FilterBlockNode,
  IfNode,
  Node,
  OutputNode,
  SetBlockNode,
  SetNode,
  Target,
  WithNode,
} from '../syntax.js';
import { evaluate } from './evaluate.js';
import { ExpressionCompiler } from './expressions.js';
import type { Frame } from './frame.js';

/** Thrown where the rest of a body can never run, after a second `extends`. */
export class RestIsUnreachable extends Error {}

/** Statements, with Jinja2's scoping. */
export class StatementCompiler extends ExpressionCompiler {
  protected readonly traced: boolean;
  protected readonly facts: Facts;
  protected extendsKnown = false;

  constructor(facts: Facts, traced: boolean) {
    super(evaluate);
    this.facts = facts;
    this.traced = traced;
  }

  /** Whether nodes use a special name without having set it. */
  protected uses(name: string, nodes: readonly Node[]): boolean {
    return this.facts.names.has(name) && usedUndeclared(nodes, [name]).has(name);
  }

  protected compileBody(body: Body, frame: Frame): void {
    try {
      for (const statement of body) {
        this.compile(statement, frame);
      }
    } catch (thrown) {
      if (!(thrown instanceof RestIsUnreachable)) {
        throw thrown;
      }
    }
  }

  /** Gives the variables of a scope the values they start with. */
  protected enter(scope: Scope, atFunctionStart = false): void {
    for (const [variable, load] of scope.loads) {
      this.declare(variable);
      if (load.kind === 'resolve') {
        this._emit(`${variable}=C.get(${this.constant(load.name)});`);
      } else if (load.kind === 'alias') {
        this._emit(`${variable}=${load.of};`);
      } else if (load.kind === 'missing' && !atFunctionStart) {
        this._emit(`${variable}=void 0;`);
      }
    }
  }

  /** Ends a scope: what outlives it no longer sees its variables. */
  protected leave(scope: Scope): void {
    if (!this.facts.hasClosures) {
      return;
    }
    for (const variable of scope.loads.keys()) {
      this._emit(`${variable}=void 0;`);
    }
  }

  compileOutput(node: OutputNode, frame: Frame): void {
    if (frame.checksOutput) {
      if (this.extendsKnown) {
        return;
      }
      this._emit('if(P===void 0){');
    }
    for (const child of node.children) {
      const isText = child.typename === 'TemplateData';
      if (this.traced && frame.main) {
        this._emit(`T.mark(C,${frame.buffer}.length,${this.placeIndex(child)},${isText});`);
      }
      this._emit(`${frame.buffer}+=`);
      if (isText) {
        this._emit(`${this.constant(child.value)};`);
      } else {
        this.write(frame, 'R.print(', child, `,${this.place(child)});`);
      }
    }
    if (frame.checksOutput) {
      this._emit('}');
    }
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
  protected assign(target: Target, value: string, frame: Frame): void {
    switch (target.typename) {
      case 'Symbol': {
        const variable = this.variableOf(target.value, frame, target);
        this.declare(variable);
        this._emit(`${variable}=${value};`);
        if (target.use === 'store') {
          this.names.add(target.value);
        }
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
        for (const [index, child] of target.children.entries()) {
          this.assign(child, `${parts}[${index}]`, frame);
        }
      }
    }
  }

  /** Makes what was set at top level known to blocks, includes and importing templates. */
  protected publish(target: Target, frame: Frame): void {
    if (!frame.topLevel) {
      return;
    }
    if (target.typename === 'Symbol') {
      this._emit(
        `C.set(${this.constant(target.value)},${this.variableOf(target.value, frame, target)});`,
      );
    } else if (target.typename === 'TargetTuple') {
      for (const child of target.children) {
        this.publish(child, frame);
      }
    }
  }

  /** The same, with the value at hand as a node. */
  protected assignNode(target: Target, value: Expression, frame: Frame, valueFrame: Frame): void {
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
  protected capture(frame: Frame): void {
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
    if (node.filter !== null) {
      this.assignNode(node.target, node.filter, frame, inner);
    } else {
      this.assign(node.target, inner.buffer, frame);
    }
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
  protected mark(node: Node, frame: Frame): void {
    if (this.traced && frame.main) {
      this._emit(`T.mark(C,${frame.buffer}.length,${this.placeIndex(node)},false);`);
    }
  }

  /** Adds what other templates or blocks render; when traced, captured parts are not noted. */
  protected emitPart(frame: Frame, emit: () => void): void {
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
      if (value !== undefined) {
        this.assignNode(target, value, inner, frame);
      }
    }
    this.compileBody(node.body, inner);
    this.leave(inner.scope);
  }
}
