import type { Place } from '#core/diagnostics/diagnostic.js';

/** One step of the way to an error. */
export interface TemplateFrame {
  /** `included`, `imported`, `extended`, or `macro` for the call of one. */
  readonly how: 'included' | 'imported' | 'extended' | 'macro';
  readonly place: Place;
}
