import { matchesAll, type Piece } from '#core/text/wildcards.js';

/** Says whether a file (relative to the repository, `/`-separated) is meant. */
export type PathMatcher = (path: string) => boolean;

const any: Piece = { kind: 'many', takes: () => true };
const within: Piece = { kind: 'many', takes: (character) => character !== '/' };
const one: Piece = { kind: 'one', takes: (character) => character !== '/' };
const anyDirectories: Piece = { kind: 'through', takes: () => true, last: '/' };

/**
 * A pattern of CODEOWNERS: those of .gitignore without `!` and `[…]`, where `docs/*` is about the files of
 * that directory and not about what is further below. No package has that rule: those that are there
 * (codeowners, codeowners-utils) match as .gitignore does.
 */
export function pathMatcher(pattern: string): PathMatcher | { readonly problem: string } {
  const problem = problemOf(pattern);
  if (problem !== undefined) {
    return { problem };
  }
  const isDirectory = pattern.endsWith('/');
  const written = pattern.replace(/^\/+|\/+$/g, '');
  const parts = written.split(/\/+/);
  const isAnchored = pattern.startsWith('/') || parts.length > 1;
  const pieces: Piece[] = isAnchored ? [] : [anyDirectories];
  const last = parts.length - 1;
  for (const [at, part] of parts.entries()) {
    if (part === '**') {
      pieces.push(...(at === last ? [one, any] : [anyDirectories]));
      continue;
    }
    pieces.push(...piecesOf(part));
    if (at < last) {
      pieces.push(exactly('/'));
    }
  }
  const below = [...pieces, exactly('/'), any];
  const isOneLevel = isAnchored && parts[last] === '*';
  return (path) => {
    const characters = Array.from(path);
    return (
      (!isDirectory && matchesAll(pieces, characters)) ||
      ((isDirectory || !isOneLevel) && matchesAll(below, characters))
    );
  };
}

function problemOf(pattern: string): string | undefined {
  if (pattern.startsWith('!')) {
    return 'CODEOWNERS has no exceptions with "!"';
  }
  if (/^\\#/.test(pattern)) {
    return 'a "#" at its start cannot be escaped';
  }
  if (/(?:^|[^\\])(?:\\\\)*\[/.test(pattern)) {
    return 'CODEOWNERS has no sets of characters in [ ]';
  }
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(pattern)) {
    return 'nothing follows its backslash';
  }
  return /^\/*$/.test(pattern) ? 'it names nothing' : undefined;
}

function piecesOf(part: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const characters = Array.from(part);
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') {
      if (pieces.at(-1) !== within) {
        pieces.push(within);
      }
    } else if (character === '?') {
      pieces.push(one);
    } else if (character === '\\') {
      at++;
      pieces.push(exactly(characters[at] ?? ''));
    } else {
      pieces.push(exactly(character));
    }
  }
  return pieces;
}

function exactly(character: string): Piece {
  return { kind: 'one', takes: (other) => other === character };
}
