import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { ComputedVersion, ImageDefinition } from '../definitions/definition.js';

/** A version that was computed, or why there is none. */
export type VersionOutcome =
  | { readonly kind: 'found'; readonly computed: ComputedVersion & { readonly version: string } }
  | { readonly kind: 'failed'; readonly diagnostics: readonly Diagnostic[] };

/** The error of an image whose version cannot be computed. */
export function versionProblem(
  { place }: ImageDefinition,
  message: string,
  hint: string,
): VersionOutcome {
  return { kind: 'failed', diagnostics: [error('version-source', message, { place, hint })] };
}
