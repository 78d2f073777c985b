import { step } from './limits.js';
import { eachChild } from './nodes.js';
import type { Body, ForNode, IfNode, Node } from './syntax.js';

/** Where a variable of generated code gets its value when its scope is entered. */
export type Load =
  /** It is assigned before the scope is entered: a loop's target, a macro's parameter. */
  | { readonly kind: 'parameter' }
  /** From the template's context. */
  | { readonly kind: 'resolve'; readonly name: string }
  /** From the variable of an outer scope. */
  | { readonly kind: 'alias'; readonly of: string }
  /** Nowhere yet: it starts out undefined. */
  | { readonly kind: 'missing' };

/** The variables of generated code: one for each name at each depth of scopes. */
export class Variables {
  readonly #known = new Map<string, string>();

  of(level: number, name: string): string {
    const key = `${level} ${name}`;
    let variable = this.#known.get(key);
    if (variable === undefined) {
      variable = `v${this.#known.size}`;
      this.#known.set(key, variable);
    }
    return variable;
  }
}

/**
 * The names of one scope. Jinja2 settles at compile time which variable a name means, and so do
 * we, by the same rules: a name is looked up in the context once, when its scope is entered; one
 * that a scope sets is that scope's own from its beginning, starting as what it hides.
 */
export class Scope {
  readonly variables: Variables;
  readonly parent: Scope | undefined;
  readonly level: number;
  refs = new Map<string, string>();
  loads = new Map<string, Load>();
  stores = new Set<string>();

  constructor(variables: Variables, parent?: Scope) {
    this.variables = variables;
    this.parent = parent;
    this.level = parent === undefined ? 0 : parent.level + 1;
  }

  /** A scope of its own that continues from here, for one branch of an `if`. */
  copy(): Scope {
    step(1 + this.refs.size);
    const copy = new Scope(this.variables, this.parent);
    copy.refs = new Map(this.refs);
    copy.loads = new Map(this.loads);
    copy.stores = new Set(this.stores);
    return copy;
  }

  find(name: string): string | undefined {
    return this.refs.get(name) ?? this.parent?.find(name);
  }

  findLoad(variable: string): Load | undefined {
    return this.loads.get(variable) ?? this.parent?.findLoad(variable);
  }

  #define(name: string, load: Load): string {
    const variable = this.variables.of(this.level, name);
    this.refs.set(name, variable);
    this.loads.set(variable, load);
    return variable;
  }

  parameter(name: string): string {
    this.stores.add(name);
    return this.#define(name, { kind: 'parameter' });
  }

  load(name: string): void {
    if (this.find(name) === undefined) {
      this.#define(name, { kind: 'resolve', name });
    }
  }

  store(name: string): void {
    this.stores.add(name);
    if (this.refs.has(name)) {
      return;
    }
    const outer = this.parent?.find(name);
    this.#define(name, outer === undefined ? { kind: 'missing' } : { kind: 'alias', of: outer });
  }

  /** Takes over what branches did, of which at most one will run. */
  #join(branches: readonly Scope[]): void {
    const counts = new Map<string, number>();
    for (const branch of branches) {
      for (const name of branch.stores) {
        if (!this.stores.has(name)) {
          counts.set(name, (counts.get(name) ?? 0) + 1);
        }
      }
    }
    for (const branch of branches) {
      for (const [name, variable] of branch.refs) {
        this.refs.set(name, variable);
      }
      for (const [variable, load] of branch.loads) {
        this.loads.set(variable, load);
      }
      for (const name of branch.stores) {
        this.stores.add(name);
      }
    }
    for (const [name, count] of counts) {
      const variable = this.find(name);
      if (count === branches.length || variable === undefined) {
        continue;
      }
      // Not every branch sets it: where none did, it is what it was outside.
      const outer = this.parent?.find(name);
      this.loads.set(
        variable,
        outer === undefined ? { kind: 'resolve', name } : { kind: 'alias', of: outer },
      );
    }
  }

  /** All names that this scope and the ones around it set, with their variables. */
  visible(): Map<string, string> {
    const visible = new Map<string, string>();
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      for (const name of scope.stores) {
        const variable = this.find(name);
        if (variable !== undefined && !visible.has(name)) {
          visible.set(name, variable);
        }
      }
    }
    return visible;
  }

  /** Takes in the names of nodes that run in this scope; scopes within are not entered. */
  visitAll(nodes: Iterable<Node>): void {
    for (const node of nodes) {
      this.visit(node);
    }
  }

  visit(node: Node): void {
    switch (node.typename) {
      case 'Symbol':
        if (node.use === 'param') {
          this.parameter(node.value);
        } else if (node.use === 'store') {
          this.store(node.value);
        } else {
          this.load(node.value);
        }
        return;
      case 'NamespaceRef':
        this.load(node.name);
        return;
      case 'If':
        this.#visitIf(node);
        return;
      case 'Macro':
        this.store(node.name);
        return;
      case 'Import':
        this.visit(node.template);
        this.store(node.target);
        return;
      case 'FromImport':
        this.visit(node.template);
        for (const { alias } of node.names) {
          this.store(alias);
        }
        return;
      case 'Set':
        this.visit(node.value);
        this.visit(node.target);
        return;
      case 'SetBlock':
        this.visit(node.target);
        return;
      case 'For':
        this.visit(node.arr);
        return;
      case 'CallBlock':
        this.visit(node.call);
        return;
      case 'FilterBlock':
        this.visit(node.filter);
        return;
      case 'With':
        this.visitAll(node.values);
        return;
      case 'Block':
        return;
      default:
        eachChild(node, (child) => this.visit(child));
    }
  }

  #visitIf(node: IfNode): void {
    this.visit(node.cond);
    const branches = [node.body, node.elifs, node.else_].map((nodes: Body) => {
      const branch = this.copy();
      branch.visitAll(nodes);
      return branch;
    });
    this.#join(branches);
  }

  /** The names of a loop's body, with the target as a parameter. */
  visitLoop(node: ForNode, nodes: Iterable<Node>): void {
    this.#visitParameters(node.name);
    this.visitAll(nodes);
  }

  #visitParameters(target: Node): void {
    if (target.typename === 'Symbol') {
      this.parameter(target.value);
    } else {
      eachChild(target, (child) => this.#visitParameters(child));
    }
  }
}

/**
 * Which of the names are used by nodes without having been set before, scopes within included:
 * how Jinja2 finds out whether a loop needs `loop`, or a macro `caller`.
 */
export function usedUndeclared(nodes: Iterable<object>, wanted: readonly string[]): Set<string> {
  const names = new Set(wanted);
  const used = new Set<string>();
  const visit = (node: Node): void => {
    if (node.typename === 'Symbol') {
      if (node.use === 'load' && names.has(node.value)) {
        used.add(node.value);
      } else {
        names.delete(node.value);
      }
    } else if (node.typename !== 'Block') {
      eachChild(node, visit);
    }
  };
  for (const node of nodes) {
    visit(node as Node);
  }
  return used;
}

/** Whether a node or one below it, however deep, satisfies a condition. */
export function anyBelow(node: object, holds: (node: Node) => boolean): boolean {
  let found = false;
  eachChild(node, (child) => {
    found ||= holds(child) || anyBelow(child, holds);
  });
  return found;
}
