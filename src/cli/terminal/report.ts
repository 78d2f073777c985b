import { type Diagnostic, hasErrors } from '#core/diagnostics/diagnostic.js';
import { countDiagnostics, formatDiagnostic, sortDiagnostics } from '#core/diagnostics/format.js';
import type { Io } from './io.js';

/**
 * Tells all diagnostics on stderr, sorted by file and line, with their number at the end where
 * there are several. True where one of them is an error.
 */
export function report(io: Io, diagnostics: readonly Diagnostic[]): boolean {
  if (diagnostics.length === 0) {
    return false;
  }
  const sorted = sortDiagnostics(diagnostics);
  io.hear?.(sorted);
  io.raw(sorted.map((diagnostic) => formatDiagnostic(diagnostic, io.paint)).join(''));
  if (sorted.length > 1) {
    io.say(countDiagnostics(sorted));
  }
  return hasErrors(sorted);
}
