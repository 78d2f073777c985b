import { Float } from '#core/data/data.js';
import { step } from '../limits.js';
import { eachChild } from '../nodes.js';
import { ordered } from '../operators/compare.js';
import { isNumber } from '../operators/types.js';
import type { BinaryNode, Expression, LookupNode, Node } from '../syntax.js';
import { LenientUndefined, Undefined } from '../values/undefined.js';
import type { Value } from '../values/value.js';

/** The value of an expression without names; undefined where calculating it fails. */
export type Evaluate = (node: Expression) => Value | undefined;

const foldable: ReadonlySet<Node['typename'] | 'Pair' | 'CompareOperand' | 'Keyword'> = new Set([
  'Literal',
  'Array',
  'Tuple',
  'Dict',
  'Pair',
  'LookupVal',
  'Slice',
  'Filter',
  'Is',
  'Not',
  'Neg',
  'Pos',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'FloorDiv',
  'Mod',
  'Pow',
  'And',
  'Or',
  'Concat',
  'Compare',
  'CompareOperand',
  'InlineIf',
  'Keyword',
] as const);

/** Filters that can give an undefined value. */
const uncertain = new Set(['first', 'last', 'min', 'max', 'attr', 'default', 'd']);

/**
 * Whether an expression is constant and comes out as undefined, as `{}['a']` does. Jinja2
 * calculates constants when it compiles, and where such a one is used by `and`, `or`, `~` or an
 * inline `if`, it fails then, even if the code never runs.
 */
export function isUndefinedConstant(node: Expression, evaluate: Evaluate): boolean {
  if (!isConstant(node) || !mayBeUndefined(node)) {
    return false;
  }
  const value = evaluate(node);
  return value instanceof Undefined && !(value instanceof LenientUndefined);
}

function isConstant(node: Node): boolean {
  step();
  if (!foldable.has(node.typename)) {
    return false;
  }
  if (node.typename === 'InlineIf' && node.else_ === null) {
    return false;
  }
  let constant = true;
  eachChild(node, (child) => {
    constant &&= isConstant(child);
  });
  return constant;
}

function mayBeUndefined(node: Node): boolean {
  if (node.typename === 'LookupVal') {
    return true;
  }
  if (node.typename === 'Filter' && uncertain.has(node.name)) {
    return true;
  }
  let found = false;
  eachChild(node, (child) => {
    found ||= mayBeUndefined(child);
  });
  return found;
}

/**
 * Whether a slice of a constant fails, as `1[1:]` does: where Jinja2 calculates it when it compiles,
 * it comes out as undefined instead.
 */
export function isFailingSlice(node: LookupNode, evaluate: Evaluate): boolean {
  return mayBeConstant(node) && !(isConstant(node) && evaluate(node) !== undefined);
}

/**
 * Whether the base of a power is a negative constant and the exponent is none. Jinja2 then writes
 * Python code without parentheses, so that `-2 ** n` is `-(2 ** n)`, while `-2 ** 2` is 4.
 */
export function hasNegativeBase({ left, right }: BinaryNode, evaluate: Evaluate): boolean {
  if (!mayBeConstant(left) || (isConstant(left) && isConstant(right))) {
    return false;
  }
  if (!isConstant(left)) {
    return true;
  }
  const base = evaluate(left);
  if (base === undefined || !isNumber(base)) {
    return false;
  }
  return ordered('<', base, 0) || (base instanceof Float && Object.is(base.value, -0));
}

/** Whether Jinja2 may find a constant: `true or x` is one to it. */
function mayBeConstant(node: Node): boolean {
  if (!foldable.has(node.typename)) {
    return false;
  }
  if (node.typename === 'And' || node.typename === 'Or') {
    return mayBeConstant(node.left);
  }
  if (node.typename === 'InlineIf') {
    return mayBeConstant(node.cond);
  }
  let constant = true;
  eachChild(node, (child) => {
    constant &&= mayBeConstant(child);
  });
  return constant;
}

/** The type of a literal that cannot be a key: of this too Jinja2 complains when it compiles. */
export function unhashableIn(key: Expression): string | undefined {
  if (key.typename === 'Dict') {
    return 'dict';
  }
  if (key.typename === 'Array') {
    return 'list';
  }
  if (key.typename !== 'Tuple') {
    return undefined;
  }
  for (const child of key.children) {
    const found = unhashableIn(child);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}
