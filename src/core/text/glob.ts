import { matchesAll, type Piece } from './wildcards.js';

/** Says whether a whole text matches. */
export interface Glob {
  test(text: string): boolean;
}

/**
 * A glob with the meaning of Python's `fnmatch.fnmatchcase`: `*` matches everything, `/` too, `?` one
 * character, `[seq]` one of those and `[!seq]` one of the others; nothing quotes, and a `[` without
 * its `]` is itself.
 */
export function readGlob(glob: string): Glob {
  const pieces: Piece[] = [];
  const isMany = (piece: Piece | undefined) => piece?.kind === 'many';
  for (let at = 0; at < glob.length; ) {
    const character = String.fromCodePoint(glob.codePointAt(at) ?? 0);
    at += character.length;
    if (character === '*') {
      if (!isMany(pieces.at(-1))) {
        pieces.push({ kind: 'many', takes: () => true });
      }
    } else if (character === '?') {
      pieces.push({ kind: 'one', takes: () => true });
    } else {
      const end = character === '[' ? closing(glob, at) : -1;
      if (end === -1) {
        pieces.push({ kind: 'one', takes: (other) => other === character });
      } else {
        const set = new RegExp(`^${characterClass(glob.slice(at, end))}$`, 'su');
        pieces.push({ kind: 'one', takes: (other) => set.test(other) });
        at = end + 1;
      }
    }
  }
  return { test: (text) => matchesAll(pieces, Array.from(text)) };
}

/** Where the set that starts at `at` ends: a `]` right at its start belongs to it. */
function closing(glob: string, at: number): number {
  let from = at;
  if (glob[from] === '!') {
    from++;
  }
  if (glob[from] === ']') {
    from++;
  }
  return glob.indexOf(']', from);
}

function characterClass(set: string): string {
  const negated = set.startsWith('!');
  const members = [...(negated ? set.slice(1) : set)];
  let source = '';
  for (let at = 0; at < members.length; at++) {
    const first = members[at] ?? '';
    const last = members[at + 2];
    if (members[at + 1] === '-' && last !== undefined) {
      // A range that runs backwards holds nothing.
      if (codeOf(first) <= codeOf(last)) {
        source += `${escaped(first)}-${escaped(last)}`;
      }
      at += 2;
    } else {
      source += escaped(first);
    }
  }
  return `[${negated ? '^' : ''}${source}]`;
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function escaped(character: string): string {
  return `\\u{${codeOf(character).toString(16)}}`;
}
