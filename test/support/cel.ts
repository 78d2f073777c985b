/**
 * A stand-in for CEL, for the expressions that we write: they are JavaScript but for macros, `in` and some functions. It is
 * no implementation of CEL: what Kubernetes would refuse may pass here.
 */
import { createContext, runInContext } from 'node:vm';

const prelude = `
  String.prototype.contains = function (text) { return this.includes(text); };
  String.prototype.lowerAscii = function () { return this.replace(/[A-Z]/g, (one) => one.toLowerCase()); };
  String.prototype.matches = function (text) { return new RegExp(text, 'u').test(this); };
  const has = (field) => field !== undefined;
  const members = (list) => new Proxy({}, { has: (_, one) => list.includes(one) });
`;

/** A function of the objects that the expression is about. */
export function evaluateCel(expression: string, about: Readonly<Record<string, unknown>>): unknown {
  const script = expression
    // Lists are put together, each in parentheses on a line of its own.
    .replace(/\) \+\n\(/g, ').concat(')
    .replace(/\.(map|filter)\((\w+),/g, '.$1(($2) =>')
    .replaceAll('.size()', '.length')
    .replace(/ in (\[[^\]]*\]|variables\.\w+)/g, ' in members($1)');
  const context = createContext({ ...about });
  runInContext(prelude, context);
  return runInContext(`(${script})`, context);
}
