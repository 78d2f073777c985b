/**
 * What the parts of a running template know of each other. The classes that do it (rendering.ts,
 * template.ts, context.ts) stand on the runtime, which needs their shapes: so the shapes are here,
 * below both.
 */
import type { Failure } from './errors.js';
import type { TemplateModule } from './objects/module.js';
import type { TemplateFrame } from './templateFrame.js';
import type { Marks } from './trace.js';
import type { Keywords, Value } from './values/value.js';
import type { Names } from './variables.js';

/** One rendering: what its templates share. */
export interface Rendering {
  filter(name: string): NamedFunction | undefined;
  test(name: string): NamedFunction | undefined;
  has(kind: 'filter' | 'test', name: string): boolean;
  namesOf(kind: 'filter' | 'test'): Iterable<string>;
  /** The error of a filter or test that is named by a value. */
  unknownName(kind: 'filter' | 'test', name: Value): Failure;
  /** The error of a variable that templates must not read; undefined where they may. */
  refusal(name: string): Failure | undefined;
  /** Adds a warning at the place where the template is. */
  warn(message: string, template: Template): void;
  /** The template of a name that `include`, `import` or `extends` gives. */
  template(given: Value, how: TemplateFrame['how']): Template;
  /** The first of several templates that exists. */
  firstTemplate(names: readonly Value[]): Template;
  /** A template rendered on its own, without the variables of whoever asks; once per rendering. */
  module(template: Template): TemplateModule;
  /** A template rendered with variables. */
  freshModule(template: Template, names: Names): TemplateModule;
}

/** A compiled template in one rendering. */
export interface Template {
  /** The index of the place that the code has last noted. */
  p: number;
  readonly name: string | undefined;
  readonly compiled: {
    readonly constants: readonly unknown[];
    readonly names: ReadonlySet<string>;
  };
  /** Its blocks, each with this definition alone. */
  blocks(): Map<string, BoundBlock[]>;
  root(context: Context): string;
  /** Runs code of this template for the sake of another, or of another place in this one. */
  within<T>(how: TemplateFrame['how'] | undefined, run: () => T): T;
  /** The line (from 1) of a place. */
  line(index: number): number;
  /** Called by traced code before it adds to the output. */
  mark(context: Context, length: number, index: number, isText: boolean): void;
}

/** What a template sees while it renders: its variables and its blocks. */
export interface Context {
  readonly rendering: Rendering;
  /** For each block its definitions, the one to render first, then those of `super()`. */
  readonly blocks: Map<string, BoundBlock[]>;
  readonly marks: Marks | undefined;
  get(name: string): Value | undefined;
  set(name: string, value: Value): void;
  setHidden(name: string, value: Value): void;
  /** All that is visible now, with local variables before the template's. */
  snapshot(locals: ReadonlyMap<string, Value>): Names;
  /** A context of its own for a block that sees local variables. */
  derived(locals: ReadonlyMap<string, Value>): Context;
  /** A context for a template that this one includes. */
  including(template: Template, names: Names): Context;
  names(): Iterable<string>;
}

export type RootCode = (context: Context) => string;
export type BlockCode = (context: Context) => string;

/** A block as one template defines it. */
export interface BoundBlock {
  readonly template: Template;
  readonly code: BlockCode;
}

/** Who calls a filter or a test. */
export interface Caller {
  readonly context: { readonly rendering: Rendering };
  /** The template whose place a warning is about. */
  readonly template: Template;
}

/** A filter or a test: what is piped into it is its first argument. */
export type NamedFunction = (
  args: readonly Value[],
  keywords: Keywords | undefined,
  caller: Caller,
) => Value;
