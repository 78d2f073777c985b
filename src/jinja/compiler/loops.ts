import { anyBelow } from '../scope.js';
import type { ForNode, Node, Target } from '../syntax.js';
import type { Frame } from './frame.js';
import { StatementCompiler } from './statements.js';

/** Loops: with a condition, with `else`, recursive, and with or without `loop`. */
export class LoopCompiler extends StatementCompiler {
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
    const filter = node.test === null ? undefined : this.#compileLoopTest(node, frame, loopFrame);
    if (this.facts.names.has('loop') && anyBelow(node, isAssignedLoop)) {
      throw this.assertion("Can't assign to special loop variable in for-loop target", node);
    }

    let recursion: string | undefined;
    if (node.recursive) {
      recursion = this._tmpid();
      loopFrame.buffer = elseFrame.buffer = 'o';
      loopFrame.main = elseFrame.main = false;
      this.openFunction(`const ${recursion}=(I,F,D)=>{let o="";`);
    }
    if (loop !== undefined) {
      this.declare(loop);
    }
    const isEmpty = node.else_.length > 0 ? this.temporary() : undefined;
    if (isEmpty !== undefined) {
      this._emit(`${isEmpty}=true;`);
    }
    this.#compileLoop(node, frame, loopFrame, { loop, filter, isEmpty });
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
  #compileLoop(
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
    if (filter !== undefined) {
      this._emit(`R.generator(${filter}(`);
    }
    if (node.recursive) {
      this._emit('I');
    } else {
      this.write(frame, node.arr);
    }
    if (filter !== undefined) {
      this._emit('))');
    }
    if (context !== undefined) {
      this._emit(node.recursive ? ',F,D' : ',void 0,0');
    }
    this._emit(`,${this.place(node.arr)})){R.tick(${loopFrame.buffer}.length);`);
    if (context !== undefined) {
      this._emit(`${loop}=${context};`);
    }
    this.assign(node.name, item, loopFrame);
    this.enter(loopFrame.scope);
    this.compileBody(node.body, loopFrame);
    if (isEmpty !== undefined) {
      this._emit(`${isEmpty}=false;`);
    }
    this._emit('}');
  }

  /** A generator of the items for which the loop's `if` holds. */
  #compileLoopTest(node: ForNode, frame: Frame, loopFrame: Frame): string {
    const testFrame = frame.inner();
    if (node.test === null) {
      return '';
    }
    testFrame.scope.visitLoop(node, [node.test]);
    const name = this._tmpid();
    this.openFunction(`const ${name}=function*(I){`);
    this.enter(testFrame.scope, true);
    const item = this._tmpid();
    this._emit(`for(const ${item} of R.iterate(I,${this.place(node.arr)})){R.tick(0);`);
    this.assign(node.name, item, loopFrame);
    this.write(testFrame, 'if(R.truth(', node.test, `,${this.place(node.test)}))yield `);
    this.#compileTargetValue(node.name, loopFrame);
    this._emit(';}');
    this.closeFunction('};');
    return name;
  }

  #compileTargetValue(target: Target, frame: Frame): void {
    if (target.typename === 'Symbol') {
      this._emit(this.variableOf(target.value, frame, target));
    } else if (target.typename === 'TargetTuple') {
      this._emit('R.tuple([');
      for (const child of target.children) {
        this.#compileTargetValue(child, frame);
        this._emit(',');
      }
      this._emit('])');
    }
  }
}

function isScopedBlock(node: Node): boolean {
  return node.typename === 'Block' && node.scoped;
}

function isAssignedLoop(node: Node): boolean {
  return node.typename === 'Symbol' && node.use === 'store' && node.value === 'loop';
}
