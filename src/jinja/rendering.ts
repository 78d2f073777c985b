import type { RenderOptions, TemplateWarning } from './api.js';
import type { Compiled } from './compiler/code.js';
import { TemplateContext } from './context.js';
import { type Failure, fail, notSupported } from './errors.js';
import { filterFunctions } from './extension.js';
import type { Filter } from './filter.js';
import { builtinFilters } from './filters/table.js';
import { globals } from './globals.js';
import { checkOutput } from './limits.js';
import { TemplateModule } from './objects/module.js';
import { repr } from './operators/print.js';
import { isText, textOf, typeOf } from './operators/types.js';
import type { NamedFunction, Rendering } from './running.js';
import { asFailure, placeIn, RunningTemplate } from './template.js';
import type { TemplateFrame } from './templateFrame.js';
import { builtinTests } from './tests.js';
import { Marks } from './trace.js';
import { Undefined } from './values/undefined.js';
import type { Value } from './values/value.js';
import { inFront, Layer, type Names, without } from './variables.js';

const noFilters: ReadonlyMap<string, Filter> = new Map();
const globalNames = new Layer(globals);

/** Compiles a text, or takes it from a cache. */
export type Compile = (text: string) => Compiled;

/** One rendering: what its templates share. */
export class TemplateRendering implements Rendering {
  readonly warnings: TemplateWarning[] = [];
  readonly marks: Marks | undefined;
  readonly #compile: Compile;
  readonly #options: RenderOptions;
  readonly #files: ReadonlyMap<string, string>;
  readonly #templates = new Map<string, RunningTemplate>();
  readonly #modules = new Map<RunningTemplate, TemplateModule>();
  readonly #filters: ReadonlyMap<string, NamedFunction>;

  constructor(compile: Compile, options: RenderOptions, isTraced: boolean) {
    this.#compile = compile;
    this.#options = options;
    const files = options.files ?? new Map<string, string>();
    this.#files = files instanceof Map ? files : new Map(Object.entries(files));
    this.marks = isTraced ? new Marks() : undefined;
    this.#filters = filterFunctions(options.filters ?? noFilters);
  }

  /** Renders the template that the caller gave. */
  main(text: string, names: Names): string {
    const { name, refused } = this.#options;
    const given = refused === undefined ? names : without(names, refused);
    const template = this.#instance(text, name, name ?? '<template>');
    const context = new TemplateContext(
      this,
      inFront(given, globalNames),
      template.blocks(),
      this.marks,
    );
    const output = template.within(undefined, () => template.root(context));
    checkOutput(output.length);
    return output;
  }

  #instance(text: string, name: string | undefined, path: string): RunningTemplate {
    let compiled: Compiled;
    try {
      compiled = this.#compile(text);
    } catch (thrown) {
      throw placed(asFailure(thrown), path, text);
    }
    return new RunningTemplate(compiled, name, path, this);
  }

  /** The error of a name that templates must not read. */
  refusal(name: string): Failure | undefined {
    const reason = this.#options.refused?.get(name);
    if (reason === undefined) {
      return undefined;
    }
    return notSupported(`reading the variable ${name}`, reason);
  }

  filter(name: string): NamedFunction | undefined {
    return this.#filters.get(name) ?? builtinFilters.get(name);
  }

  test(name: string): NamedFunction | undefined {
    return builtinTests.get(name);
  }

  has(kind: 'filter' | 'test', name: string): boolean {
    return (kind === 'filter' ? this.filter(name) : this.test(name)) !== undefined;
  }

  *namesOf(kind: 'filter' | 'test'): Iterable<string> {
    if (kind === 'filter') {
      yield* this.#filters.keys();
    }
    yield* (kind === 'filter' ? builtinFilters : builtinTests).keys();
  }

  /** The error of a filter or test that is named by a value. */
  unknownName(kind: 'filter' | 'test', name: Value): Failure {
    return fail('TemplateRuntimeError', `No ${kind} named ${repr(name)}.`, {
      known: () => ({ word: String(name), among: this.namesOf(kind) }),
    });
  }

  warn(message: string, template: RunningTemplate): void {
    this.warnings.push({ message, place: template.place(template.p) });
  }

  /** The template of a name that `include`, `import` or `extends` gives. */
  template(given: Value, how: TemplateFrame['how']): RunningTemplate {
    if (given instanceof Undefined) {
      throw given.failure();
    }
    if (!isText(given)) {
      throw fail('TypeError', `a template name must be a string, not ${typeOf(given)}`);
    }
    const name = textOf(given);
    const known = this.#templates.get(name);
    if (known !== undefined) {
      return known;
    }
    try {
      const template = this.#load(name);
      this.#templates.set(name, template);
      return template;
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (failure.place !== undefined) {
        failure.reachedBy ??= how;
      }
      throw failure;
    }
  }

  #load(name: string): RunningTemplate {
    const text = this.#files.get(name);
    const loaded = text !== undefined ? { text, path: name } : this.#options.load?.(name);
    if (loaded === undefined) {
      throw this.#notFound(name);
    }
    if ('error' in loaded) {
      throw fail('NotSupported', loaded.error);
    }
    return this.#instance(loaded.text, name, loaded.path);
  }

  #notFound(name: string): Failure {
    const among = () => [
      ...this.#files.keys(),
      ...this.#templates.keys(),
      ...(this.#options.loadable?.() ?? []),
    ];
    return fail('TemplateNotFound', name, { known: () => ({ word: name, among: among() }) });
  }

  /** The first of several templates that exists. */
  firstTemplate(names: readonly Value[]): RunningTemplate {
    if (names.length === 0) {
      throw fail('TemplatesNotFound', 'Tried to select from an empty list of templates.');
    }
    for (const name of names) {
      try {
        return this.template(name, 'included');
      } catch (thrown) {
        if (asFailure(thrown).kind !== 'TemplateNotFound') {
          throw thrown;
        }
      }
    }
    const list = names.map(String).join(', ');
    throw fail('TemplatesNotFound', `none of the templates given were found: ${list}`);
  }

  /** A template rendered on its own, without the variables of whoever asks; once per rendering. */
  module(template: RunningTemplate): TemplateModule {
    let module = this.#modules.get(template);
    if (module === undefined) {
      module = this.freshModule(template, globalNames);
      this.#modules.set(template, module);
    }
    return module;
  }

  /** A template rendered with variables. */
  freshModule(template: RunningTemplate, names: Names): TemplateModule {
    const context = new TemplateContext(this, names, template.blocks(), undefined);
    const text = template.within('imported', () => template.root(context));
    return new TemplateModule(template.name ?? '', text, context.exports());
  }
}

/** A failure of compiling, with its place. */
function placed(failure: Failure, path: string, text: string): Failure {
  const { line = 1, column = 1 } = failure.at ?? {};
  failure.place ??= placeIn(path, text.replace(/\r\n?/g, '\n'), line - 1, column - 1);
  return failure;
}
