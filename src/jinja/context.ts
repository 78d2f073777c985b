import type { BoundBlock, Context, Rendering, Template } from './running.js';
import type { Marks } from './trace.js';
import type { Value } from './values/value.js';
import { Layer, type Names } from './variables.js';

/** The variables and blocks of a template, in memory. */
export class TemplateContext implements Context {
  readonly rendering: Rendering;
  readonly #parent: Names;
  readonly #vars = new Map<string, Value>();
  /** Names that a template which imports this one gets. */
  readonly #exported = new Set<string>();
  /** For each block its definitions, the one to render first, then those `super()` continues to. */
  readonly blocks: Map<string, BoundBlock[]>;
  readonly marks: Marks | undefined;

  constructor(
    rendering: Rendering,
    parent: Names,
    blocks: Map<string, BoundBlock[]>,
    marks: Marks | undefined,
  ) {
    this.rendering = rendering;
    this.#parent = parent;
    this.blocks = blocks;
    this.marks = marks;
  }

  get(name: string): Value | undefined {
    const value = this.#vars.get(name);
    return value === undefined ? this.#parent.get(name) : value;
  }

  /** Sets a variable of the template, which it exports unless it is private. */
  set(name: string, value: Value): void {
    this.#vars.set(name, value);
    if (!name.startsWith('_')) {
      this.#exported.add(name);
    }
  }

  /** Sets a variable that was imported, which is not exported again. */
  setHidden(name: string, value: Value): void {
    this.#vars.set(name, value);
    this.#exported.delete(name);
  }

  exports(): Map<string, Value> {
    const exports = new Map<string, Value>();
    for (const name of this.#exported) {
      const value = this.#vars.get(name);
      if (value !== undefined) {
        exports.set(name, value);
      }
    }
    return exports;
  }

  /** All that is visible now, with local variables before the template's. */
  snapshot(locals: ReadonlyMap<string, Value>): Names {
    if (this.#vars.size === 0 && locals.size === 0) {
      return this.#parent;
    }
    return new Layer(new Map([...this.#vars, ...locals]), this.#parent);
  }

  /** A context of its own for a block that sees local variables. */
  derived(locals: ReadonlyMap<string, Value>): Context {
    const blocks = new Map(this.blocks);
    for (const [name, stack] of blocks) {
      blocks.set(name, stack.slice());
    }
    return new TemplateContext(this.rendering, this.snapshot(locals), blocks, this.marks);
  }

  /** A context for a template that this one includes. */
  including(template: Template, names: Names): Context {
    return new TemplateContext(this.rendering, names, template.blocks(), this.marks);
  }

  *names(): Iterable<string> {
    yield* this.#vars.keys();
    yield* this.#parent.names();
  }
}
