import { Scanner } from './varsScanner.js';

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly at: number;
      /** Used where it is unset, and with `orEmpty` where it is empty too. */
      readonly otherwise?: { readonly orEmpty: boolean; readonly value: readonly Part[] };
    };

/** The name of a variable. */
export const nameAt = /[A-Za-z_][A-Za-z0-9_]*/y;
const quoteIt = 'put the value in single quotes to use it literally';

/** Where a word is, which decides where it ends and what its quotes mean. */
type WordKind = 'value' | 'default' | 'quoted default';

/** Defaults within defaults. */
const deepestDefaults = 100;

/** Reads the words of a shell: quotes, escapes and variables; what a shell would have to run is refused. */
export class WordReader extends Scanner {
  #depth = 0;

  /**
   * The parts of a word: up to a blank where it is a value, up to `}` where it is a default, with
   * quotes in force as they are around the default.
   */
  protected word(where: WordKind, braces = false): readonly Part[] {
    const parts: Part[] = [];
    // A shell expands ~ at the beginning of a word and after a colon.
    let tildeCounts = where !== 'quoted default';
    while (!this.#wordEnds(where)) {
      const char = this.peek();
      this.#refuseExpansion(char, where, { tildeCounts, braces });
      if (char === '\\' && this.text.charAt(this.at + 1) === '\n') {
        this.at += 2;
        continue;
      }
      const special = this.#specialParts(char, where);
      if (special === undefined) {
        this.at++;
        parts.push(text(char));
        tildeCounts = where !== 'quoted default' && char === ':';
      } else {
        parts.push(...special);
        tildeCounts = false;
      }
    }
    return parts;
  }

  #wordEnds(where: WordKind): boolean {
    const char = this.peek();
    if (where === 'value') {
      return char === '' || ' \t\n;'.includes(char);
    }
    if (char === '') {
      this.refuse('vars-syntax', 'a closing } is missing');
    }
    return char === '}';
  }

  /** What begins with a variable, a quote or a backslash; undefined for any other character. */
  #specialParts(char: string, where: WordKind): readonly Part[] | undefined {
    switch (char) {
      case '$':
        return [this.dollar(where === 'quoted default')];
      case "'":
        return [this.singleQuoted()];
      case '"':
        return this.doubleQuoted();
      case '\\':
        return [this.#escaped(where)];
      default:
        return undefined;
    }
  }

  #escaped(where: WordKind): Part {
    const escaped = this.text.charAt(this.at + 1);
    if (escaped === '') {
      this.refuse('vars-syntax', 'the file ends in a backslash');
    }
    this.at += 2;
    const kept = where === 'quoted default' && !'$`"\\}'.includes(escaped);
    return text(kept ? `\\${escaped}` : escaped);
  }

  /** Refuses what a shell would run or expand, and what is not supported. */
  #refuseExpansion(
    char: string,
    where: WordKind,
    { tildeCounts, braces }: { readonly tildeCounts: boolean; readonly braces: boolean },
  ): void {
    if (char === '`') {
      this.refuseSubstitution(1);
    }
    if (where === 'quoted default' && (char === "'" || char === '"')) {
      this.refuse('vars-syntax', 'quotes inside quotes are not supported', {
        hint: 'remove the inner quotes: the outer ones are enough',
      });
    }
    if (char === '~' && tildeCounts) {
      this.refuse('vars-expansion', 'a shell would expand ~ to a home directory', {
        hint: quoteIt,
      });
    }
    if (where === 'value' && '&|<>()'.includes(char)) {
      this.refuse('vars-command', `${char} makes this a command, and vars files are not executed`, {
        hint: quoteIt,
      });
    }
    if (braces && char === '{') {
      this.refuse('vars-expansion', 'a shell would expand these braces', { hint: quoteIt });
    }
  }

  protected singleQuoted(): Part {
    const close = this.text.indexOf("'", this.at + 1);
    if (close === -1) {
      this.refuse('vars-syntax', "this ' is never closed");
    }
    const inner = this.text.slice(this.at + 1, close);
    this.at = close + 1;
    return text(inner);
  }

  protected doubleQuoted(): readonly Part[] {
    const open = this.at++;
    const parts: Part[] = [];
    for (;;) {
      const char = this.peek();
      if (char === '') {
        this.at = open;
        this.refuse('vars-syntax', 'this " is never closed');
      }
      if (char === '$') {
        parts.push(this.dollar(true));
        continue;
      }
      if (char === '`') {
        this.refuseSubstitution(1);
      }
      this.at++;
      if (char === '"') {
        return parts;
      }
      if (char !== '\\') {
        parts.push(text(char));
        continue;
      }
      const escaped = this.peek();
      if (escaped === '\n') {
        this.at++;
      } else if (escaped !== '' && '$`"\\'.includes(escaped)) {
        this.at++;
        parts.push(text(escaped));
      } else {
        parts.push(text('\\'));
      }
    }
  }

  protected dollar(quoted: boolean): Part {
    const at = this.at++;
    const char = this.peek();
    if (char === '(') {
      const arithmetic = this.text.startsWith('((', this.at);
      this.at = at;
      if (!arithmetic) {
        this.refuseSubstitution(2);
      }
      this.refuse('vars-expansion', 'arithmetic is not supported', {
        length: 3,
        hint: 'write the result',
      });
    }
    if (char === '{') {
      return this.braced(at, quoted);
    }
    const name = this.match(nameAt);
    if (char === '\\' || (name !== undefined && this.text.startsWith('\\\n', this.at))) {
      this.refuse('vars-syntax', 'a line continuation inside a variable is not supported', {
        hint: name === undefined ? 'write \\$ for a dollar sign' : `write \${${name[0]}}`,
      });
    }
    if (name !== undefined) {
      return { kind: 'variable', name: name[0], at };
    }
    if (/[0-9?#@*!$[-]/.test(char) || (!quoted && (char === "'" || char === '"'))) {
      this.at = at;
      const what = `$${char}`;
      this.refuse('vars-expansion', `${what} is not supported`, {
        length: 2,
        hint: 'only $NAME, ${NAME}, ${NAME:-default} and ${NAME-default} are',
      });
    }
    return text('$');
  }

  protected braced(at: number, quoted: boolean): Part {
    if (this.#depth === deepestDefaults) {
      const message = `\${…} are nested more than ${deepestDefaults} deep`;
      this.refuse('vars-expansion', message, { at, length: 2 });
    }
    this.at++;
    const name = this.match(nameAt)?.[0];
    const operator = name === undefined ? undefined : this.match(/}|:?-/y)?.[0];
    if (name === undefined || operator === undefined) {
      const end = this.text.slice(at, at + 1000).search(/[}\n]/);
      this.at = at;
      if (end === -1 || this.text.charAt(at + end) === '\n') {
        this.refuse('vars-syntax', 'a closing } is missing', { length: 2 });
      }
      this.refuse('vars-expansion', `${this.text.slice(at, at + end + 1)} is not supported`, {
        length: end + 1,
        hint: 'only $NAME, ${NAME}, ${NAME:-default} and ${NAME-default} are',
      });
    }
    if (operator === '}') {
      return { kind: 'variable', name, at };
    }
    this.#depth++;
    const value = this.word(quoted ? 'quoted default' : 'default');
    this.#depth--;
    this.at++;
    return { kind: 'variable', name, at, otherwise: { orEmpty: operator === ':-', value } };
  }

  protected refuseSubstitution(length: number): never {
    this.refuse('vars-command', 'this is a command substitution, and vars files are not executed', {
      length,
      hint: 'write the value itself, or name an environment variable that has it',
    });
  }
}

function text(value: string): Part {
  return { kind: 'text', text: value };
}
