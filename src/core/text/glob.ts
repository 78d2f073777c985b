/**
 * A glob with the meaning of Python's `fnmatch.fnmatchcase`, as a regular expression for the whole
 * text: `*` matches everything, `/` too, `?` one character, `[seq]` one of those and `[!seq]` one of
 * the others; nothing quotes, and a `[` without its `]` is itself.
 */
export function globToRegExp(glob: string): RegExp {
  let source = '';
  for (let at = 0; at < glob.length; ) {
    const character = String.fromCodePoint(glob.codePointAt(at) ?? 0);
    at += character.length;
    if (character === '*') {
      source += '.*';
    } else if (character === '?') {
      source += '.';
    } else if (character === '[') {
      const end = closing(glob, at);
      if (end === -1) {
        source += '\\[';
      } else {
        source += characterClass(glob.slice(at, end));
        at = end + 1;
      }
    } else {
      source += quote(character);
    }
  }
  // Several stars match what one does, and backtrack far longer.
  return new RegExp(`^(?:${source.replace(/(?:\.\*)+/g, '.*')})$`, 'su');
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

function quote(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
