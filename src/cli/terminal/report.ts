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
  tell(io, sorted);
  return hasErrors(sorted);
}

/** More warnings about definitions than this are one line, except for `check`, and with `--info`. */
const mostWarnings = 3;

/**
 * As `report`, for commands that are not about warnings: errors are told whole, and of warnings about definitions
 * at most three. More of them are one line with their number and kinds.
 */
export function reportFolded(io: Io, diagnostics: readonly Diagnostic[]): boolean {
  const sorted = sortDiagnostics(diagnostics);
  const isFolded = ({ severity, place }: Diagnostic): boolean =>
    severity === 'warning' && place !== undefined;
  const folded = sorted.filter(isFolded);
  if (io.level !== 'normal' || folded.length <= mostWarnings) {
    return report(io, diagnostics);
  }
  io.hear?.(sorted);
  tell(
    io,
    sorted.filter((diagnostic) => !isFolded(diagnostic)),
  );
  io.say(`${countDiagnostics(folded)}: ${kinds(folded)} (generate-bake check shows them)`);
  return hasErrors(sorted);
}

function tell(io: Io, sorted: readonly Diagnostic[]): void {
  io.raw(sorted.map((diagnostic) => formatDiagnostic(diagnostic, io.paint)).join(''));
  if (sorted.length > 1) {
    io.say(countDiagnostics(sorted));
  }
}

/** `12 undeclared-parent, 5 not-linked`: the most frequent first. */
function kinds(diagnostics: readonly Diagnostic[]): string {
  const counts = new Map<string, number>();
  for (const { code, more = 1 } of diagnostics) {
    counts.set(code, (counts.get(code) ?? 0) + more);
  }
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([code, count]) => `${count} ${code}`)
    .join(', ');
}
