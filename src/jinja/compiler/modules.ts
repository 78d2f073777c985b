import { fail } from '../errors.js';
import type { BlockNode, ExtendsNode, FromImportNode, ImportNode, IncludeNode } from '../syntax.js';
import { positionOf } from './base.js';
import type { Frame } from './frame.js';
import { MacroCompiler } from './macros.js';
import { RestIsUnreachable } from './statements.js';

/** What joins templates: blocks, `extends`, `include`, `import`. */
export class ModuleCompiler extends MacroCompiler {
  #extendsSoFar = 0;

  compileBlock(node: BlockNode, frame: Frame): void {
    let level = 0;
    if (frame.topLevel) {
      if (this.extendsKnown) {
        return;
      }
      if (this.#extendsSoFar > 0) {
        this._emit('if(P===void 0){');
        level++;
      }
    }
    this.mark(node, frame);
    this.emitPart(frame, () => {
      this._emit(`R.block(C,${this.constant(node.name)},${node.required},`);
      this._emit(node.scoped ? this.#locals(frame) : 'void 0');
      this._emit(`,${this.place(node)})`);
    });
    if (level > 0) {
      this._emit('}');
    }
  }

  /** The variables that are visible here, as `names,[values]`. */
  #locals(frame: Frame): string {
    const visible = frame.scope.visible();
    const names = this.constant([...visible.keys()]);
    return `R.locals(${names},[${[...visible.values()].join(',')}])`;
  }

  compileExtends(node: ExtendsNode, frame: Frame): void {
    if (!frame.topLevel) {
      throw this.assertion('cannot use extend from a non top-level scope', node);
    }
    if (this.#extendsSoFar > 0) {
      if (!this.extendsKnown) {
        this._emit('if(P!==void 0)');
      }
      this._emit(`R.extendedTwice(${this.place(node)});`);
      if (this.extendsKnown) {
        throw new RestIsUnreachable();
      }
    }
    this.write(frame, 'P=R.extend(C,', node.template, `,${this.place(node)});`);
    if (frame.rootLevel) {
      this.extendsKnown = true;
    }
    this.#extendsSoFar++;
  }

  compileInclude(node: IncludeNode, frame: Frame): void {
    // There Jinja2 writes past the macro or block that should catch the output, or prints an
    // object's address.
    if (!node.withContext && !frame.main) {
      throw fail(
        'NotSupported',
        '"include … without context" inside of a macro, a recursive loop or a set, filter or call block is not supported',
        { at: positionOf(node) },
      );
    }
    this.mark(node, frame);
    this.emitPart(frame, () => {
      this.write(frame, 'R.include(C,', node.template);
      this._emit(`,${node.ignoreMissing},${node.withContext ? this.#locals(frame) : 'void 0'}`);
      this._emit(`,${this.place(node)})`);
    });
  }

  #compileModule(node: ImportNode | FromImportNode, frame: Frame): void {
    this.write(frame, 'R.module(C,', node.template);
    this._emit(`,${node.withContext ? this.#locals(frame) : 'void 0'},${this.place(node)});`);
  }

  compileImport(node: ImportNode, frame: Frame): void {
    const variable = this.variableOf(node.target, frame, node);
    this.declare(variable);
    this.names.add(node.target);
    this._emit(`${variable}=`);
    this.#compileModule(node, frame);
    if (frame.topLevel) {
      this._emit(`C.setHidden(${this.constant(node.target)},${variable});`);
    }
  }

  compileFromImport(node: FromImportNode, frame: Frame): void {
    const module = this.temporary();
    this._emit(`${module}=`);
    this.#compileModule(node, frame);
    for (const { name, alias } of node.names) {
      const variable = this.variableOf(alias, frame, node);
      this.declare(variable);
      this.names.add(alias);
      this._emit(
        `${variable}=R.member(T,${module},${this.constant(name)},${this.placeIndex(node)});`,
      );
      if (frame.topLevel) {
        this._emit(`C.setHidden(${this.constant(alias)},${variable});`);
      }
    }
  }
}
