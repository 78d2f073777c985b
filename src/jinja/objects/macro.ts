import { notSupported, typeError } from '../errors.js';
import { repr, reprText } from '../operators/print.js';
import type { Template } from '../running.js';
import { Dict } from '../values/dict.js';
import { Tuple } from '../values/list.js';
import { undefinedWith } from '../values/undefined.js';
import { type Keywords, Obj, type Value } from '../values/value.js';

/** What generated code makes of a macro's body: parameters first, then what it takes beside. */
export type MacroCode = (...args: (Value | undefined)[]) => string;

/** Which values beside its parameters a macro uses: `kwargs`, `varargs`, `caller`. */
export interface MacroExtras {
  readonly keywords: boolean;
  readonly varargs: boolean;
  readonly caller: boolean;
}

/** A macro, or the body of a `call` block. */
export class Macro extends Obj {
  readonly #template: Template;
  readonly #name: string | null;
  readonly #parameters: readonly string[];
  readonly #extras: MacroExtras;
  readonly #code: MacroCode;

  constructor(
    template: Template,
    name: string | null,
    parameters: readonly string[],
    extras: MacroExtras,
    code: MacroCode,
  ) {
    super();
    this.#template = template;
    this.#name = name;
    this.#parameters = parameters;
    this.#extras = extras;
    this.#code = code;
  }
  get type(): string {
    return 'Macro';
  }
  override get module(): string {
    return 'jinja2.runtime';
  }
  override repr(): string {
    return `<Macro ${this.#name === null ? 'anonymous' : repr(this.#name)}>`;
  }
  override attribute(name: string): Value | undefined {
    switch (name) {
      case 'name':
        return this.#name;
      case 'arguments':
        return new Tuple(this.#parameters);
      case 'catch_kwargs':
        return this.#extras.keywords;
      case 'catch_varargs':
        return this.#extras.varargs;
      case 'caller':
        return this.#extras.caller;
      case 'explicit_caller':
        return this.#parameters.includes('caller');
      default:
        if (name.startsWith('_')) {
          throw notSupported(`the attribute ${name} of a macro`);
        }
        return undefined;
    }
  }

  override readonly call = (args: readonly Value[], keywords: Keywords | undefined): Value => {
    const bound = this.#bind(args, keywords);
    return this.#template.within('macro', () => this.#code(...bound));
  };

  #bind(args: readonly Value[], keywords: Keywords | undefined): (Value | undefined)[] {
    const parameters = this.#parameters;
    const extras = this.#extras;
    const rest = new Map(keywords);
    if (rest.has('self')) {
      throw typeError("Macro.__call__() got multiple values for argument 'self'");
    }
    const bound: (Value | undefined)[] = args.slice(0, parameters.length);
    let foundCaller = bound.length === parameters.length && parameters.includes('caller');
    for (const name of parameters.slice(bound.length)) {
      bound.push(rest.get(name));
      rest.delete(name);
      if (name === 'caller') {
        foundCaller = true;
      }
    }
    if (extras.caller && !foundCaller) {
      // A caller that is None counts as none given.
      bound.push(rest.get('caller') ?? undefinedWith('No caller defined'));
      rest.delete('caller');
    }
    if (extras.keywords) {
      bound.push(new Dict(rest));
    } else if (rest.size > 0) {
      throw this.#surplusKeyword(rest);
    }
    if (extras.varargs) {
      bound.push(new Tuple(args.slice(parameters.length)));
    } else if (args.length > parameters.length) {
      throw typeError(
        `macro ${this.#shownName()} takes not more than ${parameters.length} argument(s)`,
      );
    }
    return bound;
  }

  #shownName(): string {
    return this.#name === null ? 'None' : reprText(this.#name);
  }

  #surplusKeyword(rest: ReadonlyMap<string, Value>) {
    if (rest.has('caller')) {
      return typeError(
        `macro ${this.#shownName()} was invoked with two values for the special caller argument. This is most likely a bug.`,
      );
    }
    const [first = ''] = rest.keys();
    return typeError(`macro ${this.#shownName()} takes no keyword argument ${reprText(first)}`);
  }
}
