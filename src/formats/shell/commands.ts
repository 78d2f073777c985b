/** A word of a command, quotes removed; what is expanded in it is as it is written. */
export interface ShellWord {
  readonly text: string;
  /** Where it begins, in UTF-16 units. */
  readonly at: number;
}

/** A simple command with its redirections left out, as it is written: reserved words and assignments too. */
export type ShellCommand = readonly ShellWord[];

/** What is around the text at a point of it. */
interface Around {
  readonly kind: '$(' | '(' | '`' | '"';
  /** The command and the word that it interrupts. */
  readonly words: ShellWord[];
  readonly word: { text: string; at: number } | undefined;
}

/**
 * The simple commands of a shell script (POSIX, and bash as far as it is alike) in the order of their ends:
 * those of subshells, command substitutions and both sides of pipes too. Never fails: what is not closed ends
 * with the text.
 */
export function shellCommands(script: string): readonly ShellCommand[] {
  return new Splitter(script).split();
}

class Splitter {
  readonly #script: string;
  readonly #found: ShellCommand[] = [];
  readonly #around: Around[] = [];
  #words: ShellWord[] = [];
  #word: { text: string; at: number } | undefined;
  /** The next word is the file of a redirection. */
  #isFile = false;
  #at = 0;

  constructor(script: string) {
    this.#script = script;
  }

  split(): readonly ShellCommand[] {
    while (this.#at < this.#script.length) {
      this.#step(this.#script.charAt(this.#at));
    }
    this.#endCommand();
    while (this.#around.length > 0) {
      this.#leave();
      this.#endCommand();
    }
    return this.#found;
  }

  #step(char: string): void {
    const next = this.#script.charAt(this.#at + 1);
    if (char === '\\') {
      // Before the end of a line it joins two.
      if (next !== '\n') {
        this.#add(next, 2);
      } else {
        this.#at += 2;
      }
    } else if (char === '$' && next === '(') {
      this.#add('', 2);
      this.#enter('$(');
    } else if (char === '`') {
      const isOpen = this.#around.some(({ kind }) => kind === '`');
      this.#add('', 1);
      if (isOpen) {
        this.#leaveTo('`');
      } else {
        this.#enter('`');
      }
    } else if (char === '"') {
      this.#quote();
    } else if (this.#around.at(-1)?.kind === '"') {
      this.#add(char, 1);
    } else {
      this.#unquoted(char, next);
    }
  }

  #unquoted(char: string, next: string): void {
    if (char === "'") {
      const end = this.#script.indexOf("'", this.#at + 1);
      const close = end === -1 ? this.#script.length : end;
      this.#add(this.#script.slice(this.#at + 1, close), close - this.#at + 1);
    } else if (char === ' ' || char === '\t' || char === '\r') {
      this.#endWord();
      this.#at++;
    } else if (char === '#' && this.#word === undefined) {
      const end = this.#script.indexOf('\n', this.#at);
      this.#at = end === -1 ? this.#script.length : end;
    } else if (char === '>' || char === '<') {
      this.#redirect(next);
    } else if (char === '&' && next === '>') {
      this.#endWord();
      this.#at++;
    } else if (char === '(') {
      this.#endCommand();
      this.#at++;
      this.#enter('(');
    } else if (char === ')') {
      this.#at++;
      this.#endCommand();
      const { kind } = this.#around.at(-1) ?? {};
      if (kind === '$(' || kind === '(') {
        this.#leave();
      }
    } else if (char === ';' || char === '&' || char === '|' || char === '\n') {
      this.#endCommand();
      this.#at++;
    } else {
      this.#add(char, 1);
    }
  }

  /** `>file`, `2>&1`, `<<<word`, `<(command)`. */
  #redirect(next: string): void {
    if (this.#word !== undefined && /^\d+$/.test(this.#word.text)) {
      this.#word = undefined;
    }
    this.#endWord();
    if (next === '(') {
      this.#add('', 2);
      this.#enter('$(');
      return;
    }
    const operator = /^(?:<<<|<<-?|[<>]&|[<>]>|[<>]\|?)/.exec(
      this.#script.slice(this.#at, this.#at + 3),
    );
    this.#at += operator?.[0].length ?? 1;
    this.#isFile = true;
  }

  #quote(): void {
    if (this.#around.at(-1)?.kind === '"') {
      this.#at++;
      const { text, at } = this.#word ?? { text: '', at: this.#at };
      const outer = this.#around.pop();
      this.#words = outer?.words ?? [];
      this.#word = { text: (outer?.word?.text ?? '') + text, at: outer?.word?.at ?? at };
    } else {
      this.#add('', 1);
      this.#enter('"');
    }
  }

  #enter(kind: Around['kind']): void {
    this.#around.push({ kind, words: this.#words, word: this.#word });
    this.#words = [];
    this.#word = undefined;
  }

  /** Back to what was interrupted. */
  #leave(): void {
    const outer = this.#around.pop();
    this.#words = outer?.words ?? [];
    this.#word = outer?.kind === '(' ? undefined : outer?.word;
  }

  #leaveTo(kind: Around['kind']): void {
    for (let last: Around['kind'] | undefined; last !== kind && this.#around.length > 0; ) {
      this.#endCommand();
      last = this.#around.at(-1)?.kind;
      this.#leave();
    }
  }

  #add(text: string, length: number): void {
    this.#word ??= { text: '', at: this.#at };
    this.#word.text += text;
    this.#at += length;
  }

  #endWord(): void {
    if (this.#word === undefined) {
      return;
    }
    if (!this.#isFile) {
      this.#words.push(this.#word);
    }
    this.#isFile = false;
    this.#word = undefined;
  }

  #endCommand(): void {
    this.#endWord();
    this.#isFile = false;
    if (this.#words.length > 0) {
      this.#found.push(this.#words);
    }
    this.#words = [];
  }
}
