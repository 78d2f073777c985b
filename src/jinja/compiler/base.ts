import { type Failure, fail, type Position } from '../errors.js';
import { Compiler } from '../nunjucks.js';
import { Variables } from '../scope.js';
import type { At } from '../syntax.js';
import type { Need } from './code.js';
import type { Frame } from './frame.js';

/** The place of a node, from 1. */
export function positionOf(at: At): Position {
  return { line: at.lineno + 1, column: at.colno + 1 };
}

const methodNames = new Map<string, string>();

interface OpenFunction {
  /** Where among the emitted pieces its declarations go. */
  readonly declaration: number;
  readonly parameters: readonly string[];
  readonly names: Set<string>;
}

/**
 * nunjucks' compiler, made to emit code in which nothing comes from the template: texts, names and
 * numbers are constants of a table, `K[3]`, so there is nothing to inject into.
 */
export class CodeWriter extends Compiler {
  readonly constants: unknown[] = [];
  readonly places: number[] = [];
  readonly needs: Need[] = [];
  readonly names = new Set<string>();
  protected readonly variables = new Variables();
  readonly #constantIndices = new Map<unknown, number>();
  /** The functions of generated code that are open, each with the variables it declares. */
  readonly #functions: OpenFunction[] = [];

  constructor() {
    super('', false);
  }

  /** Calls the method for a node as nunjucks does, without making its name anew each time. */
  override compile(node: { readonly typename: string }, frame: Frame): void {
    let method = methodNames.get(node.typename);
    if (method === undefined) {
      method = `compile${node.typename}`;
      methodNames.set(node.typename, method);
    }
    const methods = this as unknown as Record<string, (node: object, frame: Frame) => void>;
    const compile = methods[method];
    if (compile === undefined) {
      throw new Error(`nothing compiles a ${node.typename}`);
    }
    compile.call(this, node, frame);
  }

  /** Emits code and nodes in turn: strings are code, nodes are compiled in place. */
  protected write(
    frame: Frame,
    ...parts: readonly (string | { readonly typename: string })[]
  ): void {
    for (const part of parts) {
      if (typeof part === 'string') {
        this._emit(part);
      } else {
        this.compile(part, frame);
      }
    }
  }

  /** A reference to a constant. */
  protected constant(value: unknown): string {
    return `K[${this.constantIndex(value)}]`;
  }

  protected constantIndex(value: unknown): number {
    const known = this.#constantIndices.get(value);
    if (known !== undefined) {
      return known;
    }
    const index = this.constants.push(value) - 1;
    if (typeof value !== 'object') {
      this.#constantIndices.set(value, index);
    }
    return index;
  }

  /** The index of a place. */
  protected placeIndex(at: At): number {
    return (this.places.push(at.lineno, at.colno) >> 1) - 1;
  }

  /**
   * Code that notes where the template is, to stand as the last argument of whatever may fail:
   * arguments are evaluated in order, so it is noted just before the call.
   */
  protected place(at: At): string {
    return `T.p=${this.placeIndex(at)}`;
  }

  protected temporary(): string {
    const name = this._tmpid();
    this.declare(name);
    return name;
  }

  /** Makes a variable local to the function being written. */
  protected declare(name: string): void {
    const inner = this.#functions.at(-1);
    if (inner !== undefined && !inner.parameters.includes(name)) {
      inner.names.add(name);
    }
  }

  /** Whether a variable belongs to the function being written, not to one around it. */
  protected isOwn(name: string): boolean {
    const inner = this.#functions.at(-1);
    return inner === undefined || inner.parameters.includes(name) || inner.names.has(name);
  }

  /** Starts a function; the variables declared before its end are at its beginning. */
  protected openFunction(head: string, parameters: readonly string[] = []): void {
    this._emit(head);
    this._emit('');
    const declaration = this.codebuf.length - 1;
    this.#functions.push({ declaration, parameters, names: new Set() });
  }

  protected closeFunction(end: string): void {
    const { declaration, names } = this.#functions.pop() ?? { declaration: 0, names: [] };
    const list = [...names].join(',');
    if (list !== '') {
      this.codebuf[declaration] = `let ${list};`;
    }
    this._emit(end);
  }

  protected assertion(message: string, at: At): Failure {
    return fail('TemplateAssertionError', message, {
      at: positionOf(at),
    });
  }
}
