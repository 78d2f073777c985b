import { suggest } from '#core/text/suggest.js';
import type { RenderOptions, RenderResult, TemplateError, Variables } from './api.js';
import type { Compiled } from './compiler/code.js';
import { compileTemplate } from './compiler/compile.js';
import type { Failure } from './errors.js';
import { defaultLimits, type Limits, withLimits } from './limits.js';
import { TemplateRendering } from './rendering.js';
import { asFailure } from './template.js';
import type { LineOrigin } from './trace.js';
import { GivenNames, PreparedVariables } from './variables.js';

/** How many compiled templates are kept: a text is rendered again soon or never. */
const mostCompiled = 500;

/**
 * Compiles templates, each text once, and renders them. One for the whole process: it keeps no
 * state of a rendering.
 */
export class Environment {
  readonly #limits: Limits;
  readonly #compiled = new Map<string, Compiled>();

  constructor(limits: Partial<Limits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** Renders a template's text. Whatever is wrong with the template is a value, not thrown. */
  render(
    text: string,
    variables: Variables | PreparedVariables,
    options: RenderOptions = {},
  ): RenderResult {
    const rendering = new TemplateRendering((source) => this.#compile(source), options, false);
    return this.#run(rendering, text, variables, options);
  }

  /**
   * Where each line of the output comes from, by index: compiles and renders once more, so for
   * messages only. Empty when the template does not render.
   */
  trace(
    text: string,
    variables: Variables | PreparedVariables,
    options: RenderOptions = {},
  ): readonly LineOrigin[] {
    const rendering = new TemplateRendering(
      (source) => compileTemplate(source, true),
      options,
      true,
    );
    const result = this.#run(rendering, text, variables, options);
    return result.ok ? (rendering.marks?.origins(result.output) ?? []) : [];
  }

  #run(
    rendering: TemplateRendering,
    text: string,
    variables: Variables | PreparedVariables,
    options: RenderOptions,
  ): RenderResult {
    const names =
      variables instanceof PreparedVariables ? variables.names : new GivenNames(variables, false);
    const limits =
      options.limits === undefined ? this.#limits : { ...this.#limits, ...options.limits };
    try {
      const output = withLimits(limits, () => rendering.main(text, names));
      return { ok: true, output, warnings: rendering.warnings };
    } catch (thrown) {
      return { ok: false, error: report(asFailure(thrown), options) };
    }
  }

  #compile(text: string): Compiled {
    let compiled = this.#compiled.get(text);
    if (compiled === undefined) {
      compiled = compileTemplate(text);
      if (this.#compiled.size >= mostCompiled) {
        const [oldest] = this.#compiled.keys();
        if (oldest !== undefined) {
          this.#compiled.delete(oldest);
        }
      }
      this.#compiled.set(text, compiled);
    }
    return compiled;
  }
}

function report(failure: Failure, options: RenderOptions): TemplateError {
  const known = failure.known?.();
  const hint = failure.hint ?? known?.hint;
  return {
    kind: failure.kind,
    message: shortened(failure.message),
    place: failure.place ?? { file: options.name ?? '<template>', line: 1, column: 1 },
    chain: failure.chain,
    suggestions: known === undefined ? [] : suggest(known.word, new Set(known.among)),
    ...(hint === undefined ? {} : { hint }),
  };
}

const longestMessage = 1000;

/** A message holds values of the template, which may be of any length. */
function shortened(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage)}…`;
}
