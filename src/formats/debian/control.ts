import {
  type Diagnostic,
  type Outcome,
  type Place,
  placeAt,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { limited } from '#core/diagnostics/limited.js';

/** What an image's control file says, over all of its paragraphs. */
export interface Control {
  /** The names in Build-Depends and Depends, paragraph by paragraph, Build-Depends first. */
  readonly depends: readonly { readonly name: string; readonly place: Place }[];
  /** The first Description's first line that has text. */
  readonly description?: string;
  readonly maintainer?: string;
  readonly homepage?: string;
}

/**
 * Reads a control file as docker-pkg does (python-debian's deb822 paragraphs, field names in any
 * case, `#` lines dropped). Nothing in it is an error, since it declares parents and never makes
 * them; what docker-pkg would take for the name of an image that cannot exist (`foo (>= 1)`, the
 * nothing after a trailing comma) is a warning, and the name meant is used.
 */
export function readControl(file: string, text: string): Outcome<Control> {
  const diagnostics: Diagnostic[] = [];
  const depends: Dependency[] = [];
  const shown = new Map<string, string>();
  for (const paragraph of paragraphs(file, text, diagnostics)) {
    for (const name of ['build-depends', 'depends']) {
      const field = paragraph.get(name);
      if (field !== undefined) {
        readDependencies(file, text, field, depends, diagnostics);
      }
    }
    for (const name of ['description', 'maintainer', 'homepage']) {
      const value = paragraph.get(name)?.value.trim().split('\n', 1)[0]?.trim() ?? '';
      if (value !== '' && !shown.has(name)) {
        shown.set(name, value);
      }
    }
  }
  return { value: { depends, ...Object.fromEntries(shown) }, diagnostics: limited(diagnostics) };
}

type Dependency = Control['depends'][number];

/** A field's value: `value.length` characters of the file from `offset` on, comments blanked out. */
interface Field {
  readonly name: string;
  readonly offset: number;
  value: string;
}

type Paragraph = ReadonlyMap<string, Field>;

function paragraphs(file: string, text: string, diagnostics: Diagnostic[]): Paragraph[] {
  const all: Paragraph[] = [];
  let fields = new Map<string, Field>();
  let current: Field | undefined;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    const offset = start;
    start = end + 1;

    if (line.startsWith('#')) {
      if (current !== undefined) {
        current.value += `\n${' '.repeat(line.length)}`;
      }
      continue;
    }
    if (line === '' || line === '\r') {
      if (fields.size > 0) {
        all.push(fields);
      }
      fields = new Map();
      current = undefined;
      continue;
    }
    if (/^\s/.test(line)) {
      if (current !== undefined) {
        current.value += `\n${line}`;
      } else if (line.trim() !== '') {
        diagnostics.push(oddLine(file, text, offset, line));
      }
      continue;
    }
    const match = /^([^:\s]+)\s*:/.exec(line);
    if (match === null) {
      diagnostics.push(oddLine(file, text, offset, line));
      if (current !== undefined) {
        current.value += `\n${' '.repeat(line.length)}`;
      }
      continue;
    }
    const name = match[1] ?? '';
    const key = name.toLowerCase();
    if (fields.has(key)) {
      diagnostics.push(
        warning(
          'control-field-twice',
          `${name} appears twice in this paragraph: the last one counts`,
          {
            place: placeAt(file, text, offset, name.length),
            hint: 'join them into one',
          },
        ),
      );
    }
    current = { name, offset: offset + match[0].length, value: line.slice(match[0].length) };
    fields.set(key, current);
  }
  if (fields.size > 0) {
    all.push(fields);
  }
  return all;
}

function oddLine(file: string, text: string, offset: number, line: string): Diagnostic {
  return warning('control-line', 'this line is not a field, a continuation line or a comment', {
    place: placeAt(file, text, offset, line.trimEnd().length),
    hint: 'write "Field: value", or indent a continuation by a space',
  });
}

function readDependencies(
  file: string,
  text: string,
  field: Field,
  depends: Dependency[],
  diagnostics: Diagnostic[],
): void {
  if (field.value.trim() === '') {
    return;
  }
  let at = field.offset;
  for (const item of field.value.split(',')) {
    const written = item.trim();
    const offset = at + item.length - item.trimStart().length;
    at += item.length + 1;
    const problem = problemOf(written, field.name);
    if (problem !== undefined) {
      diagnostics.push(
        warning('control-dependency', problem.message, {
          // An empty item has nothing to point at but the comma before (or, first, after) it.
          place:
            written === ''
              ? placeAt(file, text, Math.max(field.offset, at - item.length - 2))
              : placeAt(file, text, offset, written.split('\n', 1)[0]?.trimEnd().length ?? 1),
          hint: problem.hint,
        }),
      );
    }
    for (const found of names(written)) {
      if (depends.length === mostNames) {
        diagnostics.push(
          warning('control-dependency', `only the first ${mostNames} names are read`, {
            place: placeAt(file, text, offset),
            hint: 'an image cannot have as many parents',
          }),
        );
        return;
      }
      const place = placeAt(file, text, offset + found.index, found.name.length);
      depends.push({ name: found.name, place });
    }
  }
}

/** Dependencies of one control file. */
const mostNames = 1000;
/** Characters between two commas that are looked through for more than one name. */
const longestItem = 1000;
const nameOf = /^[\p{L}\p{N}_][-+.\p{L}\p{N}_/]*/u;

/** The image names of one item: one, several where commas are missing, none where none is. */
function names(item: string): { readonly name: string; readonly index: number }[] {
  const words = item.length > longestItem ? [] : [...item.matchAll(/\S+/g)];
  if (words.length > 1 && words.every((word) => isName(word[0]))) {
    return words.map((word) => ({ name: word[0], index: word.index }));
  }
  const name = nameOf.exec(item)?.[0];
  return name === undefined ? [] : [{ name, index: 0 }];
}

function isName(word: string): boolean {
  return nameOf.exec(word)?.[0] === word;
}

function problemOf(item: string, field: string): { message: string; hint: string } | undefined {
  if (isName(item)) {
    return undefined;
  }
  if (item === '') {
    return { message: `${field} has a comma with no name beside it`, hint: 'remove the comma' };
  }
  const shown = JSON.stringify(item.slice(0, longestItem).replace(/\s+/g, ' '));
  const found = names(item);
  if (found.length > 1) {
    return { message: `${shown} in ${field} lacks commas`, hint: 'put a comma between the names' };
  }
  const [only] = found;
  if (only === undefined) {
    return {
      message: `${shown} in ${field} is not an image name`,
      hint: 'name an image, or remove it',
    };
  }
  return {
    message: `${field} has ${shown}, and only the name "${only.name}" has a meaning here`,
    hint: `write just "${only.name}": versions, alternatives and architectures are not looked at`,
  };
}
