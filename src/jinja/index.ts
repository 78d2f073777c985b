/**
 * Jinja2 templates, rendered byte for byte as Jinja2 with StrictUndefined and the `do` extension
 * renders them, or refused with an error at the line; safe for templates that nobody has vetted.
 * Synchronous. What works and what is refused: doc/templates.md.
 */
import type { RenderOptions, RenderResult, Variables } from './api.js';
import { Environment } from './environment.js';

export { type Data, Float } from '#core/data/data.js';
export type {
  Loaded,
  RenderOptions,
  RenderResult,
  TemplateError,
  TemplateWarning,
  Variables,
} from './api.js';
export { Environment } from './environment.js';
export { fail, notSupported, typeError, valueError } from './errors.js';
export type { Filter, FilterTools } from './filter.js';
export { defaultLimits, type Limits } from './limits.js';
export { equals } from './operators/compare.js';
export { repr, str } from './operators/print.js';
export { truth } from './operators/truth.js';
export { isText, textOf, typeOf } from './operators/types.js';
export { renderShipped } from './stock.js';
export type { TemplateFrame } from './templateFrame.js';
export type { LineOrigin } from './trace.js';
export { Dict } from './values/dict.js';
export { Undefined } from './values/undefined.js';
export type { Value } from './values/value.js';
export { GivenNames, PreparedVariables } from './variables.js';

/** Renders one template. Many with the same text: an `Environment` compiles it once. */
export function renderString(
  template: string,
  context: Variables = {},
  options: RenderOptions = {},
): RenderResult {
  return new Environment().render(template, context, options);
}
