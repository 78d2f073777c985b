import { endOfBody } from './functionBody.js';
import { type Refusal, Refused } from './varsScanner.js';
import { nameAt, type Part, WordReader } from './varsWords.js';

/**
 * The part of the shell's grammar that a vars file may use: assignments, `export` and its kin, and
 * definitions of functions, which are read over. Nothing is executed; whatever would need a shell
 * to know its value is refused at its place.
 */
export type Statement =
  | {
      readonly kind: 'assign';
      readonly name: string;
      readonly at: number;
      readonly append: boolean;
      readonly readonly: boolean;
      /** Where its command begins: `export A=1 B=$A` expands all values before it sets any. */
      readonly command: number;
      readonly value: readonly Part[];
    }
  /** `readonly X` of a variable that has its value already. */
  | { readonly kind: 'freeze'; readonly name: string; readonly at: number };

export interface Parsed {
  readonly statements: readonly Statement[];
  /** The first thing that cannot be read; what follows it was not looked at. */
  readonly refusal?: Refusal;
}

export function parseVars(text: string): Parsed {
  const parser = new Parser(text);
  try {
    parser.run();
    return { statements: parser.statements };
  } catch (cause) {
    if (!(cause instanceof Refused)) {
      throw cause;
    }
    return { statements: parser.statements, refusal: cause.refusal };
  }
}

const assignmentAt = /([A-Za-z_][A-Za-z0-9_]*)(\+?=)/y;
const declaratorAt = /(export|readonly|declare|typeset)(?=[\s;]|$)/y;
const functionAt =
  /(?:function[ \t]+([^\s(){};&|<>"'$`\\]+)[ \t]*(?:\([ \t]*\))?|([^\s(){};&|<>"'$`\\=]+)[ \t]*\([ \t]*\))\s*(?=[{(])/y;
/** Options of the shell that change no value. */
const optionsAt =
  /set(?:[ \t]+[-+](?:[aeuxE]+|[aeuxE]*o[ \t]+(?:allexport|errexit|nounset|pipefail|xtrace)))+(?=[ \t]*(?:[;\n]|$)|[ \t]+#)/y;
const keptByShell = new Set(['export', 'readonly', 'declare', 'typeset', 'set', ':']);

class Parser extends WordReader {
  readonly statements: Statement[] = [];

  run(): void {
    for (;;) {
      this.blanks();
      const char = this.peek();
      if (char === '') {
        return;
      }
      if (char === '\n') {
        this.at++;
      } else if (char === '#') {
        this.comment();
      } else {
        this.#statement();
      }
    }
  }

  #statement(): void {
    const start = this.at;
    const idle = this.match(optionsAt) ?? this.match(/:(?=[ \t]*(?:[;\n]|$)|[ \t]+#)/y);
    const defined = this.match(functionAt);
    const declarator = this.match(declaratorAt);
    if (defined !== undefined) {
      this.#function(defined[1] ?? defined[2] ?? '', start);
    } else if (declarator !== undefined) {
      this.#declaration(declarator[1] ?? '');
    } else if (idle === undefined) {
      this.#assignments();
    }
    this.#end();
  }

  #assignments(): void {
    do {
      const assignment = this.match(assignmentAt);
      if (assignment === undefined) {
        this.#refuseCommand();
      }
      this.#assign(assignment, { readonly: false, declared: false, command: this.at });
      this.blanks();
    } while (!this.#atEnd());
  }

  #declaration(word: string): void {
    let frozen = word === 'readonly';
    let optionsNext = true;
    const command = this.at;
    for (this.blanks(); !this.#atEnd(); this.blanks()) {
      const option = optionsNext ? this.match(/-([A-Za-z]+)(?=[\s;]|$)/y) : undefined;
      if (option !== undefined) {
        const letters = option[1] ?? '';
        if (word === 'export' || word === 'readonly' || !/^[rxg]+$/.test(letters)) {
          this.refuse('vars-command', `${word} ${option[0]} is not supported`, {
            at: this.at - option[0].length,
            length: option[0].length,
            hint: 'write plain assignments, with or without `export`',
          });
        }
        frozen ||= letters.includes('r');
        continue;
      }
      optionsNext = false;
      const assignment = this.match(assignmentAt);
      if (assignment !== undefined) {
        this.#assign(assignment, { readonly: frozen, declared: true, command });
        continue;
      }
      const at = this.at;
      const name = this.match(nameAt);
      if (name === undefined || !/[\s;]|^$/.test(this.peek())) {
        this.at = at;
        this.#refuseCommand();
      }
      if (frozen) {
        this.statements.push({ kind: 'freeze', name: name[0], at });
      }
    }
    if (optionsNext) {
      this.at = command - word.length;
      this.#refuseCommand();
    }
  }

  #assign(
    match: RegExpExecArray,
    how: { readonly: boolean; declared: boolean; command: number },
  ): void {
    const name = match[1] ?? '';
    const at = this.at - match[0].length;
    if (this.peek() === '(') {
      this.refuse('vars-syntax', `${name} is an array, which is not supported`, {
        hint: 'write the values as one string, separated by spaces',
      });
    }
    const { readonly, declared, command } = how;
    const value = this.word('value', declared);
    const append = match[2] === '+=';
    this.statements.push({ kind: 'assign', name, at, append, readonly, command, value });
  }

  /** Reads over a function: defining one executes nothing, and calling one is refused. */
  #function(name: string, start: number): void {
    if (keptByShell.has(name)) {
      this.refuse('vars-command', `${name} cannot be used as the name of a function`, {
        at: start,
        length: name.length,
      });
    }
    const opening = this.peek();
    const end = endOfBody(this.text, this.at);
    if (opening !== '{' || end === undefined) {
      this.refuse('vars-syntax', `cannot find the end of the function ${name}`, {
        at: start,
        length: this.at - start,
        hint: 'move the function to another file: only values are read here',
      });
    }
    this.at = end;
  }

  /** A statement ends at a line's end, a `;` or a comment. */
  #end(): void {
    this.blanks();
    const char = this.peek();
    if (char === '#') {
      this.comment();
    } else if (char === ';' && this.text.charAt(this.at + 1) !== ';') {
      this.at++;
    } else if (char === '\n') {
      this.at++;
    } else if (char !== '') {
      this.#refuseCommand();
    }
  }

  #atEnd(): boolean {
    const char = this.peek();
    return char === '' || '\n;#'.includes(char);
  }

  #refuseCommand(): never {
    const word = /^[^\s;&|<>()]*/.exec(this.text.slice(this.at))?.[0] ?? '';
    const shown = word === '' ? this.peek() : word;
    this.refuse('vars-command', `"${shown}" is a command, and vars files are not executed`, {
      length: shown.length,
      hint: 'a vars file contains only comments and assignments, with or without `export`',
    });
  }
}
