import { ExpressionParser } from './expressions.js';
import { make } from './nodes.js';
import { reprText } from './operators/print.js';
import type { Expression, SymbolNode, Target } from './syntax.js';
import { T } from './token.js';

/** What can be assigned to: names, tuples of them, attributes of namespaces. */
export class TargetParser extends ExpressionParser {
  protected isNamespaceTarget(): boolean {
    const next = this.afterNext();
    return next?.type === T.operator && next.value === '.';
  }

  protected parseNamespaceTarget(): Target {
    const name = this.expectAnyName();
    this.take();
    const attribute = this.expectAnyName().value;
    return make('NamespaceRef', name, { name: name.value, attribute });
  }

  protected parseTarget(): Target {
    return this.#asTarget(this.parseTuple({ primaries: true }));
  }

  #asTarget(node: Expression): Target {
    const target = toTarget(node);
    if (target === undefined) {
      throw this.failure(`can't assign to ${reprText(nameOfKind(node))}`, {
        ...this.here(),
        lineno: node.lineno,
        colno: node.colno,
      });
    }
    return target;
  }

  protected parseName(use: 'store' | 'param'): SymbolNode {
    const name = this.expectAnyName();
    if (reserved.has(name.value)) {
      throw this.failure("can't assign to 'name'", name);
    }
    return this.symbol(name, name.value, use);
  }
}

const reserved = new Set(['true', 'false', 'none', 'True', 'False', 'None']);

function toTarget(node: Expression): Target | undefined {
  if (node.typename === 'Symbol') {
    node.use = 'store';
    return node;
  }
  if (node.typename !== 'Tuple') {
    return undefined;
  }
  const children: Target[] = [];
  for (const child of node.children) {
    const target = toTarget(child);
    if (target === undefined) {
      return undefined;
    }
    children.push(target);
  }
  return make('TargetTuple', node, { children });
}

/** Whether a target has a name twice: which value it keeps depends on the version of Python. */
export function hasTwice(target: Target, seen = new Set<string>()): boolean {
  if (target.typename === 'TargetTuple') {
    return target.children.some((one) => hasTwice(one, seen));
  }
  if (target.typename !== 'Symbol') {
    return false;
  }
  const known = seen.has(target.value);
  seen.add(target.value);
  return known;
}

export function setUse(target: Target, use: 'param'): void {
  if (target.typename === 'Symbol') {
    target.use = use;
  } else if (target.typename === 'TargetTuple') {
    for (const child of target.children) {
      setUse(child, use);
    }
  }
}

/** The names by which Jinja2 calls the kinds of nodes that cannot be assigned to. */
function nameOfKind(node: Expression): string {
  switch (node.typename) {
    case 'Literal':
      return 'const';
    case 'Array':
      return 'list';
    case 'Symbol':
      return 'name';
    case 'LookupVal':
      return node.attribute ? 'getattr' : 'getitem';
    case 'FunCall':
      return 'call';
    case 'Is':
      return 'test';
    case 'InlineIf':
      return 'condexpr';
    default:
      return node.typename.toLowerCase();
  }
}
