import { type Diagnostic, error, type Outcome, placeOfLine } from '#core/diagnostics/diagnostic.js';
import { readGlob } from '#core/text/glob.js';

/** A line of a keep file: which tags stay, whatever else is said of them. */
export interface KeepLine {
  /** As written. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** Compared with `repository:tag` and with its end from a `/` on. */
  readonly matches: (reference: string) => boolean;
}

/**
 * Reads a keep file: one glob a line (`golang1.24:1.24-*`, `registry.example/golang1.24:*`), `#`
 * starts a comment. A line without a tag is an error: it would keep nothing, silently.
 */
export function readKeepFile(file: string, text: string): Outcome<readonly KeepLine[]> {
  const lines: KeepLine[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [at, written] of text.split(/\r?\n/).entries()) {
    const glob = written.replace(/(^|\s)#.*$/, '').trim();
    if (glob === '') {
      continue;
    }
    if (/\s/.test(glob) || !glob.slice(glob.lastIndexOf('/') + 1).includes(':')) {
      diagnostics.push(
        error('keep-file-line', `"${glob}" does not match any tag name`, {
          place: placeOfLine(file, text, at + 1, 1, Math.max(1, written.length)),
          hint: 'write name:tag, one per line; * matches anything',
        }),
      );
      continue;
    }
    const whole = readGlob(glob);
    const end = readGlob(`*/${glob}`);
    lines.push({
      text: glob,
      line: at + 1,
      matches: (reference) => whole.test(reference) || end.test(reference),
    });
  }
  return { value: lines, diagnostics };
}
