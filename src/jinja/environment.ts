import type { RenderOptions, RenderResult, Variables } from './api.js';
import type { Limits } from './limits.js';

/**
 * Compiles templates, each text once, and renders them. One for the whole process: it keeps no
 * state of a rendering.
 */
export class Environment {
  readonly limits: Partial<Limits>;

  constructor(limits: Partial<Limits> = {}) {
    this.limits = limits;
  }

  render(
    _text: string,
    _variables: Variables | PreparedVariables,
    options: RenderOptions = {},
  ): RenderResult {
    const file = options.name ?? '<template>';
    return {
      ok: false,
      error: {
        kind: 'NotSupported',
        message: 'templates are not supported yet',
        place: { file, line: 1, column: 1 },
        chain: [],
        suggestions: [],
      },
    };
  }

  /**
   * Where each line of the output comes from, by index: renders once more, so for messages only.
   * Empty when the template does not render.
   */
  trace(
    _text: string,
    _variables: Variables | PreparedVariables,
    _options: RenderOptions = {},
  ): readonly LineOrigin[] {
    return [];
  }
}

/** A line of a template file that a rendered line comes from. */
export interface LineOrigin {
  readonly file: string;
  readonly line: number;
}

/**
 * Variables converted once for many renderings. A template cannot change the lists and dicts among
 * them: it would change what the next template sees.
 */
export class PreparedVariables {
  readonly source: Variables;
  constructor(source: Variables) {
    this.source = source;
  }
}
