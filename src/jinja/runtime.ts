import { addTo } from '#core/data/groups.js';
import { type Failure, fail, notSupported, typeError, valueError } from './errors.js';
import { checkOutput, step } from './limits.js';
import { blockReference, renderBlock, TemplateReference } from './objects/block.js';
import { Loop, type LoopCode } from './objects/loop.js';
import { Macro, type MacroCode } from './objects/macro.js';
import type { TemplateModule } from './objects/module.js';
import { Namespace } from './objects/namespace.js';
import {
  add,
  contains,
  divide,
  floorDivide,
  join,
  modulo,
  multiply,
  negate,
  plus,
  power,
  subtract,
} from './operators/arithmetic.js';
import { callValue } from './operators/call.js';
import { equals, ordered } from './operators/compare.js';
import { accountFor } from './operators/effort.js';
import { isIterable, iterator, toArray } from './operators/iterate.js';
import { getAttribute, getElement } from './operators/lookup.js';
import { reprText, str } from './operators/print.js';
import { slice } from './operators/slice.js';
import { truth } from './operators/truth.js';
import { isText, textOf, typeOf } from './operators/types.js';
import type { BlockCode, Context, Template } from './running.js';
import { Dict } from './values/dict.js';
import { Iter } from './values/iterator.js';
import { List, Tuple } from './values/list.js';
import { LenientUndefined, Undefined, undefinedWith } from './values/undefined.js';
import type { Keywords, Value } from './values/value.js';

type Locals = ReadonlyMap<string, Value> | undefined;

/** Names with values, as generated code hands over its local variables. */
function locals(names: readonly string[], values: readonly (Value | undefined)[]): Locals {
  const map = new Map<string, Value>();
  for (const [index, name] of names.entries()) {
    const value = values[index];
    if (value !== undefined) {
      map.set(name, value);
    }
  }
  return map;
}

function unknown(context: Context, template: Template, index: number, place: number): Undefined {
  const name = template.compiled.constants[index] as string;
  const refusal = context.rendering.refusal(name);
  if (refusal !== undefined) {
    template.p = place;
    throw refusal;
  }
  return new Undefined(
    () => `${reprText(name)} is undefined`,
    () => ({
      word: name,
      among: [...template.compiled.names, ...context.names()],
      hint: context.rendering.has('filter', name)
        ? `${reprText(name)} is a filter: write "value | ${name}"`
        : undefined,
    }),
    { home: template, index: place },
  );
}

function keywords(
  names: readonly string[],
  values: readonly Value[],
  more?: Value,
): Keywords | undefined {
  const map = new Map<string, Value>();
  for (const [index, name] of names.entries()) {
    map.set(name, values[index] ?? null);
  }
  if (more === undefined) {
    return map;
  }
  if (more instanceof Undefined) {
    throw more.failure();
  }
  if (!(more instanceof Dict)) {
    throw typeError(`argument after ** must be a mapping, not ${typeOf(more)}`);
  }
  for (const { key, value } of more.entries.values()) {
    if (!isText(key)) {
      throw typeError('keywords must be strings');
    }
    if (map.has(textOf(key))) {
      throw typeError(`got multiple values for keyword argument ${reprText(textOf(key))}`);
    }
    map.set(textOf(key), value);
  }
  return map.size === 0 ? undefined : map;
}

function spread(args: readonly Value[], more: Value): readonly Value[] {
  if (!isIterable(more)) {
    throw typeError(`argument after * must be an iterable, not ${typeOf(more)}`);
  }
  return args.concat(toArray(more));
}

/** The parts of a value that is assigned to several targets. */
function unpack(value: Value, count: number): readonly Value[] {
  if (!isIterable(value)) {
    throw typeError(`cannot unpack non-iterable ${typeOf(value)} object`);
  }
  const source = iterator(value);
  const parts: Value[] = [];
  while (parts.length < count) {
    const { done, value: part } = source.next();
    if (done === true) {
      throw valueError(`not enough values to unpack (expected ${count}, got ${parts.length})`);
    }
    parts.push(part);
  }
  if (source.next().done !== true) {
    throw valueError(`too many values to unpack (expected ${count})`);
  }
  return parts;
}

function named(kind: 'filter' | 'test') {
  return (
    context: Context,
    template: Template,
    name: string,
    args: readonly Value[],
    given: Keywords | undefined,
  ): Value => {
    const { rendering } = context;
    const run = kind === 'filter' ? rendering.filter(name) : rendering.test(name);
    if (run === undefined) {
      throw fail('TemplateRuntimeError', `No ${kind} named ${reprText(name)} found.`, {
        known: () => ({ word: name, among: rendering.namesOf(kind) }),
      });
    }
    accountFor(args[0]);
    return run(args, given, { context, template });
  };
}

/** The text of what a block gives, which Jinja2 joins without turning it into a str. */
function text(value: Value): string {
  if (isText(value)) {
    return textOf(value);
  }
  if (value instanceof Undefined && !(value instanceof LenientUndefined)) {
    throw value.failure();
  }
  throw typeError(`sequence item 0: expected str instance, ${typeOf(value)} found`);
}

function setAttribute(target: Value | undefined, name: string, value: Value): void {
  if (!(target instanceof Namespace)) {
    throw fail('TemplateRuntimeError', 'cannot assign attribute on non-namespace object');
  }
  target.attributes.put(name, value);
}

/** Renders a template into the place of the one that includes it. */
function include(context: Context, name: Value, ignoresMissing: boolean, visible: Locals): string {
  const included = findIncluded(context, name, ignoresMissing);
  if (included === undefined) {
    return '';
  }
  const { rendering, marks } = context;
  if (visible === undefined) {
    return rendering.module(included).body;
  }
  const inner = context.including(included, context.snapshot(visible));
  const run = () => included.within('included', () => included.root(inner));
  return marks === undefined ? run() : marks.within(run);
}

function findIncluded(
  context: Context,
  name: Value,
  ignoresMissing: boolean,
): Template | undefined {
  const { rendering } = context;
  try {
    if (isText(name) || name instanceof Undefined) {
      return rendering.template(name, 'included');
    }
    return rendering.firstTemplate(truth(name) ? toArray(name) : []);
  } catch (thrown) {
    if (ignoresMissing && isNotFound(thrown)) {
      return undefined;
    }
    throw thrown;
  }
}

function isNotFound(thrown: unknown): boolean {
  const { kind } = thrown as Failure;
  return kind === 'TemplateNotFound' || kind === 'TemplatesNotFound';
}

function module(context: Context, name: Value, visible: Locals): TemplateModule {
  const { rendering } = context;
  const imported = rendering.template(name, 'imported');
  return visible === undefined
    ? rendering.module(imported)
    : rendering.freshModule(imported, context.snapshot(visible));
}

function member(template: Template, from: TemplateModule, name: string, place: number): Value {
  const value = from.attribute(name);
  if (value !== undefined) {
    return value;
  }
  const at = `line ${template.line(place)}${inTemplate(template)}`;
  return new Undefined(
    () =>
      `the template ${from.shownName} (imported on ${at}) does not export the requested name ${reprText(name)}`,
    () => ({ word: name, among: from.knownNames() }),
  );
}

function inTemplate(template: Template): string {
  return template.name === undefined ? '' : ` in ${reprText(template.name)}`;
}

/** What generated code calls; the place it has noted last is where a failure is. */
export const runtime = Object.freeze({
  add,
  subtract,
  multiply,
  divide,
  floorDivide,
  modulo,
  power,
  negate,
  plus,
  join,
  contains,
  unknown,
  locals,
  keywords,
  spread,
  unpack,
  text,
  setAttribute,
  include,
  module,
  member,
  truth,
  slice,
  print: str,
  attribute: getAttribute,
  element: getElement,
  call: callValue,
  eq: equals,
  ne: (a: Value, b: Value) => !equals(a, b),
  lt: (a: Value, b: Value) => ordered('<', a, b),
  le: (a: Value, b: Value) => ordered('<=', a, b),
  gt: (a: Value, b: Value) => ordered('>', a, b),
  ge: (a: Value, b: Value) => ordered('>=', a, b),
  within: (item: Value, container: Value) => contains(container, item),
  without: (item: Value, container: Value) => !contains(container, item),
  list: (items: Value[]) => new List(items),
  tuple: (items: readonly Value[]) => new Tuple(items),
  dict(parts: readonly Value[]): Dict {
    const dict = new Dict();
    for (let index = 0; index < parts.length; index += 2) {
      dict.put(parts[index] ?? null, parts[index + 1] ?? null);
    }
    return dict;
  },
  filter: named('filter'),
  test: named('test'),
  noElse(template: Template, place: number): Undefined {
    const at = `line ${template.line(place)}${inTemplate(template)}`;
    return new LenientUndefined(
      () => `the inline if-expression on ${at} evaluated to false and no else section was defined.`,
    );
  },
  held(value: Value | undefined): Value {
    if (value !== undefined) {
      return value;
    }
    throw notSupported('using a variable of a loop after the loop has ended, as this macro does,');
  },
  notProvided: (name: string) => undefinedWith(`parameter ${reprText(name)} was not provided`),
  /** Counts one turn of a loop and checks the output so far. */
  tick(length: number): void {
    step();
    checkOutput(length);
  },
  iterate: (value: Value) => ({ [Symbol.iterator]: () => iterator(value) }),
  generator: (source: Iterator<Value>) => new Iter(source),
  loop: (iterable: Value, recurse: LoopCode | undefined, depth: number) =>
    new Loop(iterable, recurse, depth),
  macro: (
    template: Template,
    name: string | null,
    parameters: readonly string[],
    extras: number,
    code: MacroCode,
  ) =>
    new Macro(
      template,
      name,
      parameters,
      {
        keywords: (extras & 1) !== 0,
        varargs: (extras & 2) !== 0,
        caller: (extras & 4) !== 0,
      },
      code,
    ),
  self: (context: Context) => new TemplateReference(context),
  superBlock(context: Context, name: string, code: BlockCode): Value {
    const stack = context.blocks.get(name) ?? [];
    const depth = stack.findIndex((block) => block.code === code) + 1;
    return blockReference(name, context, stack, depth === 0 ? stack.length : depth);
  },
  block(context: Context, name: string, isRequired: boolean, visible: Locals): string {
    const stack = context.blocks.get(name) ?? [];
    const [first] = stack;
    if (first === undefined || (isRequired && stack.length <= 1)) {
      throw fail('TemplateRuntimeError', `Required block ${reprText(name)} not found`);
    }
    const inner = visible === undefined ? context : context.derived(visible);
    const run = () => renderBlock(first, inner);
    return context.marks === undefined ? run() : context.marks.within(run);
  },
  captured: (context: Context, run: () => string) => context.marks?.captured(run) ?? run(),
  extendedTwice(): never {
    throw fail('TemplateRuntimeError', 'extended multiple times');
  },
  extend(context: Context, name: Value): Template {
    const parent = context.rendering.template(name, 'extended');
    for (const [block, [definition]] of parent.blocks()) {
      if (definition !== undefined) {
        addTo(context.blocks, block, definition);
      }
    }
    return parent;
  },
  parent(parent: Template, context: Context, template: Template, length: number): string {
    const run = () => parent.within('extended', () => parent.root(context));
    template.mark(context, length, 0, false);
    return context.marks === undefined ? run() : context.marks.within(run);
  },
});
