/**
 * What every stage says about its input: an expected failure or a doubt is a value, never an
 * exception and never printed where it is found.
 */
import type { DiagnosticCode } from './codes.js';
import { lineAt, startOfLine, textOfLine } from './lineIndex.js';

/** A place in a file. Lines and columns count from 1; columns count UTF-16 units, as editors do. */
export interface Place {
  /** The path as a person would open it from the working directory. */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** How many columns the marker underlines; 1 when absent. */
  readonly length?: number;
  /** The text of that line, for the excerpt; absent where the text is not at hand. */
  readonly lineText?: string;
}

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: DiagnosticCode;
  /** One sentence: what is wrong. No full stop, no newline. */
  readonly message: string;
  readonly place?: Place;
  /** One sentence: what to do. */
  readonly hint?: string;
  /** Other places that belong to it: the links of a cycle, the other of two duplicates. */
  readonly related?: readonly { readonly message: string; readonly place?: Place }[];
  /** How many others of its file it speaks for, which are not shown. */
  readonly more?: number;
}

/** What a stage returns: its value, made of all that could be read, and everything it noticed. */
export interface Outcome<T> {
  readonly value: T;
  readonly diagnostics: readonly Diagnostic[];
}

export function error(code: DiagnosticCode, message: string, rest: Rest = {}): Diagnostic {
  return { severity: 'error', code, message, ...rest };
}

export function warning(code: DiagnosticCode, message: string, rest: Rest = {}): Diagnostic {
  return { severity: 'warning', code, message, ...rest };
}

type Rest = Omit<Diagnostic, 'severity' | 'code' | 'message'>;

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

/** A place for people, without its column: `FILE:LINE`, or the file alone. */
export function fileLine({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** The place of `offset` (in UTF-16 units) in `text`, with the line it lies in. */
export function placeAt(file: string, text: string, offset: number, length = 1): Place {
  const line = lineAt(text, offset);
  const column = offset - startOfLine(text, line) + 1;
  return { file, line, column, length, lineText: textOfLine(text, line) };
}

/** The place of a line (from 1) of `text`; the column defaults to the first. */
export function placeOfLine(
  file: string,
  text: string,
  line: number,
  column = 1,
  length = 1,
): Place {
  return { file, line, column, length, lineText: textOfLine(text, line) };
}
