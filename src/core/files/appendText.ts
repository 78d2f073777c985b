import { appendFileSync, statSync } from 'node:fs';
import { type Diagnostic, error } from '../diagnostics/diagnostic.js';
import { whyNot } from './paths.js';

/** How many bytes a file has; 0 where there is none. */
export function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** Adds to the end of a file, in one write; makes it where it is missing. Gives the error `unwritable`. */
export function appendText(path: string, shown: string, text: string): Diagnostic | undefined {
  try {
    appendFileSync(path, text);
    return undefined;
  } catch (cause) {
    const message = `${shown} cannot be written: it ${whyNot(cause)}`;
    return error('unwritable', message, { place: { file: shown } });
  }
}
