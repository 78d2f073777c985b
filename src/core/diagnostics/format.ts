import { displayWidth, printable } from '../text/printable.js';
import type { Diagnostic, Place } from './diagnostic.js';
import { limited } from './limited.js';

/** Decorates a part of a message; the identity where colours are off. */
export type Paint = (
  part: 'error' | 'warning' | 'hint' | 'place' | 'marker',
  text: string,
) => string;

const plain: Paint = (_part, text) => text;

/**
 * A diagnostic for a terminal, with a newline at its end:
 *
 *     config.yaml:3:11: error: what is wrong [code]
 *         3 | registry: https://registry.example.org
 *           |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
 *       hint: what to do
 *
 * Control characters of file names, messages and excerpts are shown as escapes.
 */
export function formatDiagnostic(diagnostic: Diagnostic, paint: Paint = plain): string {
  const { severity, code, place, hint } = diagnostic;
  const where = place === undefined ? '' : `${paint('place', position(place))}: `;
  const message = printable(shortened(diagnostic.message));
  let text = `${where}${paint(severity, `${severity}:`)} ${message} [${code}]\n`;
  if (place !== undefined) {
    text += excerpt(place, '    ', paint);
  }
  if (hint !== undefined) {
    text += `  ${paint('hint', 'hint:')} ${printable(shortened(hint))}\n`;
  }
  for (const related of diagnostic.related ?? []) {
    const at = related.place === undefined ? '' : `${paint('place', position(related.place))}: `;
    text += `  ${at}${printable(shortened(related.message))}\n`;
    if (related.place !== undefined) {
      text += excerpt(related.place, '      ', paint);
    }
  }
  return text;
}

/** Longer messages, which quote what a file holds, are cut in their middle. */
const longestMessage = 2000;

function shortened(text: string): string {
  if (text.length <= longestMessage) {
    return text;
  }
  return `${text.slice(0, longestMessage / 2)}…${text.slice(-longestMessage / 4)}`;
}

/**
 * By file, line and column, those without a file first; each once, and at most 100 of a file. Order within one place is kept.
 */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  const unique = diagnostics.filter((diagnostic) => {
    const { severity, code, message, place } = diagnostic;
    const at = place === undefined ? '' : position(place);
    const identity = [severity, code, message, at].join('\0');
    return !seen.has(identity) && seen.add(identity);
  });
  return [...limited(unique.sort(inOrder))].sort(inOrder);
}

/** What speaks for others of its file is behind them. */
function inOrder(a: Diagnostic, b: Diagnostic): number {
  const fileA = a.place?.file ?? '';
  const fileB = b.place?.file ?? '';
  if (fileA !== fileB) {
    return fileA < fileB ? -1 : 1;
  }
  if ((a.more === undefined) !== (b.more === undefined)) {
    return a.more === undefined ? -1 : 1;
  }
  return (
    (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0)
  );
}

/** `2 errors, 1 warning`; empty for none. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const sum = (some: readonly Diagnostic[]) =>
    some.reduce((count, { more = 1 }) => count + more, 0);
  const total = sum(diagnostics);
  const errors = sum(diagnostics.filter((diagnostic) => diagnostic.severity === 'error'));
  const counts: [number, string][] = [
    [errors, 'error'],
    [total - errors, 'warning'],
  ];
  return counts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}${count === 1 ? '' : 's'}`)
    .join(', ');
}

/** `file:line:col`, as far as it is known. */
function position(place: Place): string {
  const { file, line, column } = place;
  // At the start of a line, two colons begin a command of GitHub Actions.
  const shown = printable(file.startsWith(':') ? `./${file}` : file);
  return [shown, line, line === undefined ? undefined : column]
    .filter((part) => part !== undefined)
    .join(':');
}

/** Of addresses with a login in them, passwords are starred, as wide as they are; a variable is none. */
function withoutPasswords(line: string): string {
  return line.replace(
    /(:\/\/[^\s/:@]*:)([^\s/@$][^\s/@]*)@/g,
    (_, before: string, password: string) => `${before}${'*'.repeat(password.length)}@`,
  );
}

/** Longer lines are cut to this many columns around the marker. */
const mostColumns = 160;

function excerpt(place: Place, indent: string, paint: Paint): string {
  const { line, column = 1, length = 1, lineText } = place;
  if (line === undefined || lineText === undefined) {
    return '';
  }
  const text = withoutPasswords(lineText.replace(/\r$/, ''));
  const at = Math.min(column - 1, text.length);
  const end = Math.min(Math.max(at + length, at + 1), Math.max(text.length, at + 1));
  const start = text.length > mostColumns ? Math.max(0, Math.min(at - 40, text.length - 1)) : 0;
  const stop = Math.min(text.length, start + mostColumns);
  const lead = start > 0 ? '…' : '';
  const before = lead + printable(text.slice(start, at));
  const shown = before + printable(text.slice(at, stop)) + (stop < text.length ? '…' : '');
  const marked = printable(text.slice(at, Math.min(end, stop)));
  const number = String(line);
  const marker = '^'.repeat(Math.max(1, displayWidth(marked)));
  return (
    `${indent}${number} | ${shown.trimEnd()}\n` +
    `${indent}${' '.repeat(number.length)} | ${' '.repeat(displayWidth(before))}${paint('marker', marker)}\n`
  );
}
