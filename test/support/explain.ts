import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { formatDiagnostic, sortDiagnostics } from '#core/diagnostics/format.js';

/** Diagnostics as the user sees them, for comparing whole outputs. */
export function explain(diagnostics: readonly Diagnostic[]): string {
  return sortDiagnostics(diagnostics)
    .map((diagnostic) => formatDiagnostic(diagnostic))
    .join('');
}

/** A template literal without its first line break and the indent of its first line. */
export function lines(text: string): string {
  const body = text.replace(/^\n/, '').replace(/\n *$/, '\n');
  const indent = /^ */.exec(body)?.[0] ?? '';
  return body
    .split('\n')
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    .join('\n');
}
