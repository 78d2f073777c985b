import { Failure } from '../errors.js';
import { builtinFilters } from '../filters/table.js';
import { runtime } from '../runtime.js';
import { Variables } from '../scope.js';
import type { Expression } from '../syntax.js';
import { builtinTests } from '../tests.js';
import type { Value } from '../values/value.js';
import { ExpressionCompiler } from './expressions.js';
import { Frame } from './frame.js';

/** The value of an expression without names; undefined where calculating it fails. */
export function evaluate(node: Expression): Value | undefined {
  // Its parts are checked where they stand: checking here would evaluate each at each level.
  const compiler = new ExpressionCompiler();
  compiler.openExpression();
  compiler.compile(node, Frame.outermost(new Variables(), 'o'));
  const run = new Function('R', 'K', 'T', 'C', compiler.closeExpression());
  const rendering = {
    filter: (name: string) => builtinFilters.get(name),
    test: (name: string) => builtinTests.get(name),
    has: (kind: string, name: string) =>
      (kind === 'filter' ? builtinFilters : builtinTests).has(name),
  };
  try {
    return run(runtime, compiler.constants, { p: 0 }, { rendering }) as Value;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.kind !== 'LimitExceeded') {
      return undefined;
    }
    throw thrown;
  }
}
