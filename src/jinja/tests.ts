import { Float } from '#core/data/data.js';
import { notSupported, typeError } from './errors.js';
import { named } from './function.js';
import { positional } from './methods/method.js';
import { isLower, isUpper } from './methods/str.js';
import { TemplateModule } from './objects/module.js';
import { contains, modulo } from './operators/arithmetic.js';
import { equals, type Ordering, ordered } from './operators/compare.js';
import { keyOf } from './operators/hash.js';
import { isIterable } from './operators/iterate.js';
import { str } from './operators/print.js';
import { isInt, isNumber, isText } from './operators/types.js';
import type { NamedFunction } from './running.js';
import { Dict, DictView } from './values/dict.js';
import { Iter } from './values/iterator.js';
import { Tuple } from './values/list.js';
import { Markup } from './values/markup.js';
import { LenientUndefined, Undefined } from './values/undefined.js';
import { Obj, type Value } from './values/value.js';

function test(name: string, holds: (value: Value) => boolean): [string, NamedFunction] {
  return [name, named(`test_${name}`, 'value', 1, ([value = null]) => holds(value))];
}

/** `'name' is filter`, or `is test`. */
function existence(kind: 'filter' | 'test'): [string, NamedFunction] {
  const run = named(`test_${kind}`, 'value', 1, ([value = null], { context }) => {
    const key = keyOf(value);
    return typeof key === 'string' && context.rendering.has(kind, key);
  });
  return [kind, run];
}

function comparison(
  names: readonly string[],
  holds: (a: Value, b: Value) => boolean,
): [string, NamedFunction][] {
  const run: NamedFunction = (args, keywords) => {
    const [a, b] = args;
    if (a === undefined || b === undefined || args.length > 2) {
      throw typeError(`${names[1]} expected 2 arguments, got ${args.length}`);
    }
    positional('_operator', args, keywords, 2);
    return holds(a, b);
  };
  return names.map((name) => [name, run]);
}

function ordering(operator: Ordering) {
  return (a: Value, b: Value) => ordered(operator, a, b);
}

/** `len(value)` and `value.__getitem__` both exist. */
function isSequence(value: Value): boolean {
  if (typeof value === 'string') {
    return true;
  }
  if (value instanceof LenientUndefined) {
    return true;
  }
  if (!(value instanceof Obj) || value instanceof DictView || value instanceof Undefined) {
    return false;
  }
  return !(value instanceof Iter) && value.length() !== undefined;
}

/** `a is b`, where that does not depend on what the interpreter happens to share. */
function isSame(a: Value, b: Value): boolean {
  if (a instanceof Obj || b instanceof Obj) {
    if (a === b) {
      return true;
    }
    if (a instanceof Tuple && b instanceof Tuple && equals(a, b)) {
      throw notSupported('the test sameas of equal tuples');
    }
    return false;
  }
  if (typeof a === 'boolean' || typeof b === 'boolean' || a === null || b === null) {
    return a === b;
  }
  if (typeof a !== typeof b || !equals(a, b)) {
    return false;
  }
  const isSmall = typeof a === 'number' && a >= -5 && a <= 256;
  if (!isSmall) {
    throw notSupported('the test sameas of equal strings or numbers');
  }
  return true;
}

/** All of Jinja2's tests, by name. */
export const builtinTests: ReadonlyMap<string, NamedFunction> = new Map<string, NamedFunction>([
  test('odd', (value) => equals(modulo(value, 2), 1)),
  test('even', (value) => equals(modulo(value, 2), 0)),
  [
    'divisibleby',
    named('test_divisibleby', 'value num', 2, ([value = null, by = null]) =>
      equals(modulo(value, by), 0),
    ),
  ],
  test('defined', (value) => !(value instanceof Undefined)),
  test('undefined', (value) => value instanceof Undefined),
  existence('filter'),
  existence('test'),
  test('none', (value) => value === null),
  test('boolean', (value) => typeof value === 'boolean'),
  test('false', (value) => value === false),
  test('true', (value) => value === true),
  test('integer', (value) => isInt(value) && typeof value !== 'boolean'),
  test('float', (value) => value instanceof Float),
  test('lower', (value) => isLower(str(value))),
  test('upper', (value) => isUpper(str(value))),
  test('string', isText),
  test('mapping', (value) => value instanceof Dict),
  test('number', isNumber),
  test('sequence', isSequence),
  test('iterable', isIterable),
  test('callable', (value) => value instanceof Obj && value.call !== undefined),
  [
    'sameas',
    named('test_sameas', 'value other', 2, ([value = null, other = null]) => isSame(value, other)),
  ],
  test('escaped', (value) => value instanceof Markup || value instanceof TemplateModule),
  [
    'in',
    named('test_in', 'value seq', 2, ([value = null, container = null]) =>
      contains(container, value),
    ),
  ],
  ...comparison(['==', 'eq', 'equalto'], equals),
  ...comparison(['!=', 'ne'], (a, b) => !equals(a, b)),
  ...comparison(['>', 'gt', 'greaterthan'], ordering('>')),
  ...comparison(['>=', 'ge'], ordering('>=')),
  ...comparison(['<', 'lt', 'lessthan'], ordering('<')),
  ...comparison(['<=', 'le'], ordering('<=')),
]);
