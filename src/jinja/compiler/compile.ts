import { Lexer } from '../lexer.js';
import { eachChild } from '../nodes.js';
import { reprText } from '../operators/print.js';
import { TemplateParser } from '../parser.js';
import type { BlockNode, Node, RootNode } from '../syntax.js';
import { type Compiled, factoryOf } from './code.js';
import { Frame } from './frame.js';
import { ModuleCompiler } from './modules.js';

/** Compiles a template's text. With `traced`, its code notes where each piece of output is from. */
export function compileTemplate(text: string, traced = false): Compiled {
  const lexer = new Lexer(text);
  const parser = new TemplateParser(lexer);
  const root = parser.parseTemplate();
  const compiler = new TemplateCompiler(parser.facts, traced);
  compiler.compileTemplate(root);
  return {
    source: lexer.source,
    factory: factoryOf(compiler.getCode()),
    constants: compiler.constants,
    places: compiler.places,
    needs: compiler.needs,
    names: compiler.names,
  };
}

/** A whole template: the function of its root and those of its blocks. */
class TemplateCompiler extends ModuleCompiler {
  readonly #blocks = new Map<string, BlockNode>();

  compileTemplate(root: RootNode): void {
    if (this.facts.hasBlocks) {
      this.#findBlocks(root);
    }
    this._emit('"use strict";');
    this.#compileRoot(root);
    let index = 0;
    for (const block of this.#blocks.values()) {
      this.#compileBlockFunction(block, index++);
    }
    this._emit('return{root,blocks:new Map([');
    index = 0;
    for (const name of this.#blocks.keys()) {
      this._emit(`[${this.constant(name)},b${index++}],`);
    }
    this._emit('])};');
  }

  #findBlocks(node: object): void {
    eachChild(node, (child) => {
      if (child.typename === 'Block') {
        if (this.#blocks.has(child.name)) {
          throw this.assertion(`block ${reprText(child.name)} defined twice`, child);
        }
        this.#blocks.set(child.name, child);
      }
      this.#findBlocks(child);
    });
  }

  #compileRoot(root: RootNode): void {
    const { hasExtends } = this.facts;
    const frame = Frame.outermost(this.variables, 'o');
    frame.topLevel = frame.rootLevel = true;
    frame.checksOutput = hasExtends;
    this.openFunction(`const root=(C)=>{let o=""${hasExtends ? ',P' : ''};`);
    this.#compileSelf(root.children, frame);
    frame.scope.visitAll(root.children);
    this.enter(frame.scope, true);
    this.compileBody(root.children, frame);
    if (hasExtends) {
      this._emit('if(P!==void 0)o+=R.parent(P,C,T,o.length);');
    }
    this.closeFunction('return o;};');
  }

  /** `self`, where the nodes use it. */
  #compileSelf(body: readonly Node[], frame: Frame): void {
    if (!this.uses('self', body)) {
      return;
    }
    const self = frame.scope.parameter('self');
    this.declare(self);
    this._emit(`${self}=R.self(C);`);
  }

  #compileBlockFunction(block: BlockNode, index: number): void {
    const frame = Frame.outermost(this.variables, 'o');
    this.openFunction(`const b${index}=(C)=>{let o="";`);
    this.#compileSelf(block.body, frame);
    if (this.uses('super', block.body)) {
      const parent = frame.scope.parameter('super');
      this.declare(parent);
      this._emit(`${parent}=R.superBlock(C,${this.constant(block.name)},b${index});`);
    }
    frame.scope.visitAll(block.body);
    this.enter(frame.scope, true);
    this.compileBody(block.body, frame);
    this.closeFunction('return o;};');
  }
}
