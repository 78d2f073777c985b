import { skipSpace } from './space.js';
import type { Span } from './span.js';

/** `# syntax=…`, `# escape=…`, `# check=…` at the top of the file. */
export interface Directive {
  readonly name: 'syntax' | 'escape' | 'check';
  readonly value: string;
  readonly span: Span;
}

const pattern = /^([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=(.+)$/s;

/**
 * Reads a comment as a parser directive; undefined where it is a plain comment, and so the end of
 * the directives.
 */
export function readDirective(
  comment: string,
  line: number,
  column: number,
): Directive | undefined {
  const inner = skipSpace(comment, 1);
  const match = pattern.exec(comment.slice(inner));
  const name = match?.[1]?.toLowerCase();
  if (match === null || (name !== 'syntax' && name !== 'escape' && name !== 'check')) {
    return undefined;
  }
  const written = match[2] ?? '';
  // Blanks alone leave one of them, which is a value that nothing takes.
  const value = written.replace(/^[\t\f\r ]+/, '').replace(/[\t\f\r ]+$/, '') || ' ';
  const at = column + inner + match[0].length - written.length + written.indexOf(value);
  return { name, value, span: { line, column: at, length: value.length } };
}
