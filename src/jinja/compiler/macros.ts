import { fail } from '../errors.js';
import { usedUndeclared } from '../scope.js';
import type { CallBlockNode, MacroNode, Node, Signed } from '../syntax.js';
import { positionOf } from './base.js';
import type { Frame } from './frame.js';
import { LoopCompiler } from './loops.js';

/** The third argument of `R.macro`, a sum of what the macro takes beside its parameters. */
const takes = { keywords: 1, varargs: 2, caller: 4 } as const;

/** Macros and call blocks. */
export class MacroCompiler extends LoopCompiler {
  /** The function of a macro or call block, as the arguments of `R.macro`. */
  #compileMacroValue(node: Signed & Node, name: string | null, outer: Frame): void {
    const frame = outer.inner();
    frame.checksOutput = false;
    frame.main = false;
    frame.buffer = 'o';
    frame.scope.visitAll([...node.args, ...node.defaults, ...node.body]);
    const names = node.args.map((arg) => arg.value);
    for (const [index, arg] of node.args.entries()) {
      if (names.indexOf(arg.value) !== index) {
        throw fail('SyntaxError', `duplicate argument '${arg.value}' in function definition`, {
          at: positionOf(arg),
        });
      }
    }
    const variables = names.map((arg) => this.variableOf(arg, frame, node));
    let extra = 0;
    const used = usedUndeclared(node.body, ['caller', 'kwargs', 'varargs']);
    const caller = names.indexOf('caller');
    if (used.has('caller')) {
      if (caller < 0) {
        variables.push(frame.scope.parameter('caller'));
      } else if (caller < names.length - node.defaults.length) {
        throw this.assertion(
          'When defining macros or call blocks the special "caller" argument must be omitted or be given a default.',
          node,
        );
      }
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
    this.#enterMacro(node, frame, new Set(variables));
    this.compileBody(node.body, frame);
    this.closeFunction('return o;})');
  }

  /** Enters a macro's scope and gives the parameters that were left out their defaults. */
  #enterMacro(node: Signed, frame: Frame, variables: Set<string>): void {
    for (const [variable, load] of frame.scope.loads) {
      if (variables.has(variable)) {
        continue;
      }
      this.declare(variable);
      if (load.kind === 'resolve') {
        this._emit(`${variable}=C.get(${this.constant(load.name)});`);
      } else if (load.kind === 'alias') {
        this._emit(`${variable}=${load.of};`);
      }
    }
    const outerUnset = this.unset;
    this.unset = new Set(variables);
    for (const [index, arg] of node.args.entries()) {
      const variable = this.variableOf(arg.value, frame, arg);
      const fallback = node.defaults[index - node.args.length + node.defaults.length];
      this._emit(`if(${variable}===void 0)${variable}=`);
      if (fallback === undefined) {
        this._emit(`R.notProvided(${this.constant(arg.value)});`);
      } else {
        this.write(frame, fallback, ';');
      }
      this.unset.delete(variable);
    }
    this.unset = outerUnset;
  }

  compileMacro(node: MacroNode, frame: Frame): void {
    const variable = this.variableOf(node.name, frame, node);
    this.declare(variable);
    this.names.add(node.name);
    this._emit(`${variable}=`);
    this.#compileMacroValue(node, node.name, frame);
    this._emit(';');
    if (frame.topLevel) {
      this._emit(`C.set(${this.constant(node.name)},${variable});`);
    }
  }

  compileCallBlock(node: CallBlockNode, frame: Frame): void {
    this.mark(node, frame);
    this._emit(`${frame.buffer}+=R.text(`);
    this.compileFunCall(node.call, frame, () => this.#compileMacroValue(node, null, frame));
    this._emit(`,${this.place(node)});`);
  }
}
