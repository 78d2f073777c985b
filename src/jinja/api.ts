import type { Data } from '#core/data/data.js';
import type { Place } from '#core/diagnostics/diagnostic.js';
import type { Filter } from './filter.js';
import type { Limits } from './limits.js';
import type { TemplateFrame } from './templateFrame.js';

/** The variables of a template: the keys are names, the values YAML's data model. */
export type Variables = ReadonlyMap<string, Data> | { readonly [name: string]: Data };

/**
 * What a loader makes of the name in an include, import or extends: the text with the path to show
 * in errors; a reason why the file may not be read; or undefined where there is none.
 */
export type Loaded = { readonly text: string; readonly path: string } | { readonly error: string };

export interface RenderOptions {
  /** The template's name in errors, such as `images/php/Dockerfile.template`. */
  readonly name?: string;
  /** Looks up the templates that this one includes, imports or extends. */
  readonly load?: (name: string) => Loaded | undefined;
  /** The same from memory, name to text; asked before `load`. */
  readonly files?: ReadonlyMap<string, string> | { readonly [name: string]: string };
  /** Names that `load` finds, for suggestions. */
  readonly loadable?: () => Iterable<string>;
  /** Filters beside Jinja's own. A template that names another is refused before it runs. */
  readonly filters?: ReadonlyMap<string, Filter>;
  /** Names that templates must not read, each with the reason: even asking for one is an error. */
  readonly refused?: ReadonlyMap<string, string>;
  readonly limits?: Partial<Limits>;
}

export type RenderResult =
  | {
      readonly ok: true;
      readonly output: string;
      readonly warnings: readonly TemplateWarning[];
    }
  | { readonly ok: false; readonly error: TemplateError };

/** What a filter had to say about a template that renders all the same. */
export interface TemplateWarning {
  readonly message: string;
  readonly place: Place;
}

/** Why a template does not render: a value, never thrown. */
export interface TemplateError {
  /**
   * The exception's class as Jinja2 or Python name it (`UndefinedError`, `TypeError`), or one of
   * ours: `NotSupported` for what Jinja2 would accept and this module refuses, `LimitExceeded`.
   */
  readonly kind: string;
  /** Jinja2's or Python's own wording where they have one. */
  readonly message: string;
  /** Where: the line is Jinja2's, the column ours. */
  readonly place: Place;
  /** Innermost first: the includes, imports and macro calls through which the place was reached. */
  readonly chain: readonly TemplateFrame[];
  /** For an undefined name or attribute: the known ones nearest to it, best first. */
  readonly suggestions: readonly string[];
  /** What to do about it, one sentence, where that is known. */
  readonly hint?: string;
}
