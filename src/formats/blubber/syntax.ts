import { error, type Outcome, placeOfLine } from '#core/diagnostics/diagnostic.js';
import { parseReference } from '#core/reference/reference.js';
import { frontendIn, type Written } from '../dockerfile/dockerfile.js';
import { readDockerfile } from '../dockerfile/read.js';

/**
 * The frontend that a Blubber file asks for, as BuildKit finds it: `# syntax=` before any other comment. Error
 * `blubber-syntax`: there is none, and BuildKit would read the file as a Dockerfile; or it is not a reference.
 */
export function syntaxOf(file: string, text: string): Outcome<Written | undefined> {
  const head = /^\ufeff?(?:[ \t]*#.*\r?\n)*/.exec(text)?.[0] ?? '';
  const { syntax } = readDockerfile(head);
  if (syntax !== undefined) {
    const name = frontendIn(syntax.text);
    const parsed = parseReference(name);
    if (parsed.kind === 'reference') {
      return { value: syntax, diagnostics: [] };
    }
    const { line, column } = syntax.span;
    const place = placeOfLine(file, text, line, column, name.length);
    const message = `${JSON.stringify(name)} is not a valid image reference: ${parsed.message}`;
    const hint = "name the image of Blubber's frontend: HOST/NAME:TAG";
    return { value: undefined, diagnostics: [error('blubber-syntax', message, { place, hint })] };
  }
  const later = text.split('\n').findIndex((line) => /^#[ \t]*syntax[ \t]*=/i.test(line));
  if (later > 0) {
    const place = placeOfLine(file, text, later + 1, 1, (text.split('\n')[later] ?? '').length);
    const message = 'BuildKit does not see this line: it is not the first comment of the file';
    const hint = 'move it to the first line';
    return { value: undefined, diagnostics: [error('blubber-syntax', message, { place, hint })] };
  }
  const message = 'the file does not say which frontend builds it';
  const hint =
    'begin it with "# syntax=" and the image of Blubber\'s frontend, or set frontend in its [[tree]]';
  const place = placeOfLine(file, text, 1, 1, Math.max(1, (text.split('\n')[0] ?? '').length));
  return { value: undefined, diagnostics: [error('blubber-syntax', message, { place, hint })] };
}
