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

/** A set as a regular expression's, read as `fnmatch.translate` of Python 3.9 and later does. */
function characterClass(set: string): string {
  const explicit = set.startsWith('!');
  let members = membersOf(explicit ? set.slice(1) : set);
  // Python drops what runs backwards before it looks for `!`, so `[z-a!b]` is `[!b]`, and in
  // `[z-a!-b]`, whose range loses its first end, the hyphen stands for itself.
  const implied = !explicit && members[0]?.first === '!';
  if (implied) {
    const last = members[0]?.last;
    members = [
      ...(last === undefined ? [] : [{ first: '-' }, { first: last }]),
      ...members.slice(1),
    ];
  }
  const source = members.map(({ first, last }) =>
    last === undefined ? escaped(first) : `${escaped(first)}-${escaped(last)}`,
  );
  return `[${explicit || implied ? '^' : ''}${source.join('')}]`;
}

/** A character, or a range from one to another. */
interface Member {
  first: string;
  last?: string;
}

/** The characters and the ranges of a set; a range that runs backwards holds nothing. */
function membersOf(set: string): Member[] {
  const characters = [...set];
  const members: Member[] = [];
  for (let at = 0; at < characters.length; at++) {
    const first = characters[at] ?? '';
    const last = characters[at + 2];
    if (characters[at + 1] !== '-' || last === undefined) {
      members.push({ first });
      continue;
    }
    if (codeOf(first) <= codeOf(last)) {
      members.push({ first, last });
    }
    at += 2;
  }
  return members;
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function escaped(character: string): string {
  return `\\u{${codeOf(character).toString(16)}}`;
}
