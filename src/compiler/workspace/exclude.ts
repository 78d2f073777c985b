import type { Place } from '#core/diagnostics/diagnostic.js';
import { readGlob } from '#core/text/glob.js';
import { endOfMatch, type Piece } from '#core/text/wildcards.js';
import type { TableReader } from '#formats/settings/tableReader.js';

/** A pattern of `exclude`: which paths of a tree the search for images leaves out. */
export interface ExcludePattern {
  /** As written. */
  readonly text: string;
  readonly place: Place;
  /**
   * Whether it leaves a path out: it matches the path or a directory that the path is in. `parts` are
   * the names in the path, relative to the tree.
   */
  matches(parts: readonly string[]): boolean;
}

/** Each is tried on every directory. */
const mostPatterns = 1_000;

/**
 * Reads the key `exclude` of a table: paths relative to the tree. `*`, `?` and `[…]` match within a
 * name, `**` any number of directories. What is below a path goes with it. Complains of paths that
 * are empty, absolute, lead out of the tree or are all of it, and of `!`.
 */
export function readExclude(table: TableReader): readonly ExcludePattern[] {
  const found = table.strings('exclude', 'a path') ?? [];
  if (found.length > mostPatterns) {
    table.complain(`exclude has more than ${mostPatterns} entries`, table.keyPlace('exclude'));
    return [];
  }
  return found.flatMap(({ value, place }) => {
    const names = value.split('/').filter((name) => name !== '' && name !== '.');
    const objection = objectionTo(value, names);
    if (objection !== undefined) {
      const [message, hint] = objection;
      table.complain(message, place, hint);
      return [];
    }
    return [{ text: value, place, matches: matcherOf(names) }];
  });
}

function objectionTo(
  text: string,
  names: readonly string[],
): readonly [message: string, hint: string] | undefined {
  const shown = JSON.stringify(text);
  const relative = 'paths are relative to the tree';
  if (text === '') {
    return ['exclude has an empty path', 'remove it'];
  }
  if (text.startsWith('/')) {
    const tail = names.join('/');
    const hint = tail === '' ? relative : `${relative}: write "${tail}"`;
    return [`exclude has an absolute path: ${shown}`, hint];
  }
  if (names.includes('..')) {
    return [`exclude leads out of the tree: ${shown}`, relative];
  }
  if (text.startsWith('!')) {
    return [`exclude has a pattern with "!": ${shown}`, 'list only what is to be left out'];
  }
  if (names.every((name) => name === '**')) {
    return [`exclude leaves out the whole tree: ${shown}`, 'name directories of the tree'];
  }
  return undefined;
}

function matcherOf(names: readonly string[]): ExcludePattern['matches'] {
  if (!names.some((name) => /[*?[]/.test(name))) {
    return (parts) => names.every((name, at) => name === parts[at]);
  }
  const pieces = names.map((name, at): Piece => {
    if (name === '**') {
      // At the end it is what is in the directory, not the directory itself.
      return { kind: at === names.length - 1 ? 'one' : 'many', takes: () => true };
    }
    const glob = readGlob(name);
    return { kind: 'one', takes: (part) => glob.test(part) };
  });
  return (parts) => endOfMatch(pieces, parts, 0, false) !== undefined;
}
