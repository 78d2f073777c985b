/**
 * The part of the shell's grammar that a vars file may use: assignments, `export` and its kin, and
 * definitions of functions, which are read over. Nothing is executed; whatever would need a shell
 * to know its value is refused where it stands.
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

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly at: number;
      /** What stands for it where it is unset, and with `orEmpty` where it is empty too. */
      readonly otherwise?: { readonly orEmpty: boolean; readonly value: readonly Part[] };
    };

export interface Refusal {
  readonly code: 'vars-syntax' | 'vars-command' | 'vars-expansion';
  readonly message: string;
  readonly hint?: string;
  readonly at: number;
  readonly length: number;
}

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
    if (!(cause instanceof Refused)) throw cause;
    return { statements: parser.statements, refusal: cause.refusal };
  }
}

/** Unwinds the recursion; never leaves this module. */
class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

const nameAt = /[A-Za-z_][A-Za-z0-9_]*/y;
const assignmentAt = /([A-Za-z_][A-Za-z0-9_]*)(\+?=)/y;
const declaratorAt = /(export|readonly|declare|typeset)(?=[\s;]|$)/y;
const functionAt =
  /(?:function[ \t]+([^\s(){};&|<>"'$`\\]+)[ \t]*(?:\([ \t]*\))?|([^\s(){};&|<>"'$`\\=]+)[ \t]*\([ \t]*\))\s*(?=[{(])/y;
/** Options of the shell that change no value. */
const optionsAt =
  /set(?:[ \t]+[-+](?:[aeuxE]+|[aeuxE]*o[ \t]+(?:allexport|errexit|nounset|pipefail|xtrace)))+(?=[ \t]*(?:[;\n]|$)|[ \t]+#)/y;
const keptByShell = new Set(['export', 'readonly', 'declare', 'typeset', 'set', ':']);
const quoteIt = 'put the value in single quotes if it is meant as it stands';

class Parser {
  readonly statements: Statement[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): void {
    for (;;) {
      this.#blanks();
      const char = this.#peek();
      if (char === '') return;
      if (char === '\n') this.#at++;
      else if (char === '#') this.#comment();
      else this.#statement();
    }
  }

  #statement(): void {
    const start = this.#at;
    const idle = this.#match(optionsAt) ?? this.#match(/:(?=[ \t]*(?:[;\n]|$)|[ \t]+#)/y);
    const defined = this.#match(functionAt);
    const declarator = this.#match(declaratorAt);
    if (defined !== undefined) this.#function(defined[1] ?? defined[2] ?? '', start);
    else if (declarator !== undefined) this.#declaration(declarator[1] ?? '');
    else if (idle === undefined) this.#assignments();
    this.#end();
  }

  #assignments(): void {
    do {
      const assignment = this.#match(assignmentAt);
      if (assignment === undefined) this.#refuseCommand();
      this.#assign(assignment, { readonly: false, declared: false, command: this.#at });
      this.#blanks();
    } while (!this.#atEnd());
  }

  #declaration(word: string): void {
    let frozen = word === 'readonly';
    let optionsNext = true;
    const command = this.#at;
    for (this.#blanks(); !this.#atEnd(); this.#blanks()) {
      const option = optionsNext ? this.#match(/-([A-Za-z]+)(?=[\s;]|$)/y) : undefined;
      if (option !== undefined) {
        const letters = option[1] ?? '';
        if (word === 'export' || word === 'readonly' || !/^[rxg]+$/.test(letters))
          this.#refuse('vars-command', `${word} ${option[0]} is not understood here`, {
            at: this.#at - option[0].length,
            length: option[0].length,
            hint: 'write plain assignments, with `export` before them or not',
          });
        frozen ||= letters.includes('r');
        continue;
      }
      optionsNext = false;
      const assignment = this.#match(assignmentAt);
      if (assignment !== undefined) {
        this.#assign(assignment, { readonly: frozen, declared: true, command });
        continue;
      }
      const at = this.#at;
      const name = this.#match(nameAt);
      if (name === undefined || !/[\s;]|^$/.test(this.#peek())) {
        this.#at = at;
        this.#refuseCommand();
      }
      if (frozen) this.statements.push({ kind: 'freeze', name: name[0], at });
    }
    if (optionsNext) {
      this.#at = command - word.length;
      this.#refuseCommand();
    }
  }

  #assign(
    match: RegExpExecArray,
    how: { readonly: boolean; declared: boolean; command: number },
  ): void {
    const name = match[1] ?? '';
    const at = this.#at - match[0].length;
    if (this.#peek() === '(')
      this.#refuse('vars-syntax', `${name} is an array, which is not supported`, {
        hint: 'write the values as one string, separated by spaces',
      });
    const { readonly, declared, command } = how;
    const value = this.#word('value', declared);
    const append = match[2] === '+=';
    this.statements.push({ kind: 'assign', name, at, append, readonly, command, value });
  }

  /**
   * The parts of a word: up to a blank where it is a value, up to `}` where it is a default, with
   * quotes in force as they are around the default.
   */
  #word(where: 'value' | 'default' | 'quoted default', braces = false): readonly Part[] {
    const parts: Part[] = [];
    let tildeCounts = where !== 'quoted default';
    for (;;) {
      const char = this.#peek();
      if (where === 'value' ? char === '' || ' \t\n;'.includes(char) : char === '}') return parts;
      if (char === '') this.#refuse('vars-syntax', 'a closing } is missing');
      if (char === '$') parts.push(this.#dollar(where === 'quoted default'));
      else if (char === '`') this.#refuseSubstitution(1);
      else if (where === 'quoted default' && (char === "'" || char === '"'))
        this.#refuse('vars-syntax', 'quotes inside quotes are not supported', {
          hint: 'leave the inner quotes out: blanks need none inside outer ones',
        });
      else if (char === "'") parts.push(this.#singleQuoted());
      else if (char === '"') parts.push(...this.#doubleQuoted());
      else if (char === '\\') {
        const escaped = this.#text.charAt(this.#at + 1);
        if (escaped === '') this.#refuse('vars-syntax', 'the file ends in a backslash');
        this.#at += 2;
        if (escaped === '\n') continue;
        const kept = where === 'quoted default' && !'$`"\\}'.includes(escaped);
        parts.push(text(kept ? `\\${escaped}` : escaped));
      } else if (char === '~' && tildeCounts) {
        this.#refuse('vars-expansion', '~ stands for a home directory in a shell', {
          hint: quoteIt,
        });
      } else if (where === 'value' && '&|<>()'.includes(char)) {
        this.#refuse('vars-command', `${char} makes this a command, and nothing is executed`, {
          hint: quoteIt,
        });
      } else if (braces && char === '{') {
        this.#refuse('vars-expansion', 'braces are expanded by a shell', { hint: quoteIt });
      } else {
        this.#at++;
        parts.push(text(char));
        tildeCounts = where !== 'quoted default' && char === ':';
        continue;
      }
      tildeCounts = false;
    }
  }

  #singleQuoted(): Part {
    const close = this.#text.indexOf("'", this.#at + 1);
    if (close === -1) this.#refuse('vars-syntax', "this ' is never closed");
    const inner = this.#text.slice(this.#at + 1, close);
    this.#at = close + 1;
    return text(inner);
  }

  #doubleQuoted(): readonly Part[] {
    const open = this.#at++;
    const parts: Part[] = [];
    for (;;) {
      const char = this.#peek();
      if (char === '') {
        this.#at = open;
        this.#refuse('vars-syntax', 'this " is never closed');
      }
      if (char === '$') {
        parts.push(this.#dollar(true));
        continue;
      }
      if (char === '`') this.#refuseSubstitution(1);
      this.#at++;
      if (char === '"') return parts;
      if (char !== '\\') {
        parts.push(text(char));
        continue;
      }
      const escaped = this.#peek();
      if (escaped === '\n') this.#at++;
      else if (escaped !== '' && '$`"\\'.includes(escaped)) {
        this.#at++;
        parts.push(text(escaped));
      } else parts.push(text('\\'));
    }
  }

  #dollar(quoted: boolean): Part {
    const at = this.#at++;
    const char = this.#peek();
    if (char === '(') {
      const arithmetic = this.#text.startsWith('((', this.#at);
      this.#at = at;
      if (!arithmetic) this.#refuseSubstitution(2);
      this.#refuse('vars-expansion', 'arithmetic is not supported', {
        length: 3,
        hint: 'write the result',
      });
    }
    if (char === '{') return this.#braced(at, quoted);
    const name = this.#match(nameAt);
    if (char === '\\' || (name !== undefined && this.#text.startsWith('\\\n', this.#at)))
      this.#refuse('vars-syntax', 'a line that goes on inside a variable is not supported', {
        hint: name === undefined ? 'write \\$ for a dollar sign' : `write \${${name[0]}}`,
      });
    if (name !== undefined) return { kind: 'variable', name: name[0], at };
    if (/[0-9?#@*!$[-]/.test(char) || (!quoted && (char === "'" || char === '"'))) {
      this.#at = at;
      const what = `$${char}`;
      this.#refuse('vars-expansion', `${what} is not supported`, {
        length: 2,
        hint: 'only $NAME, ${NAME}, ${NAME:-default} and ${NAME-default} are',
      });
    }
    return text('$');
  }

  #braced(at: number, quoted: boolean): Part {
    this.#at++;
    const name = this.#match(nameAt)?.[0];
    const operator = name === undefined ? undefined : this.#match(/}|:?-/y)?.[0];
    if (name === undefined || operator === undefined) {
      const end = this.#text.slice(at).search(/[}\n]/);
      this.#at = at;
      if (end === -1 || this.#text.charAt(at + end) === '\n')
        this.#refuse('vars-syntax', 'a closing } is missing', { length: 2 });
      this.#refuse('vars-expansion', `${this.#text.slice(at, at + end + 1)} is not supported`, {
        length: end + 1,
        hint: 'only $NAME, ${NAME}, ${NAME:-default} and ${NAME-default} are',
      });
    }
    if (operator === '}') return { kind: 'variable', name, at };
    const value = this.#word(quoted ? 'quoted default' : 'default');
    this.#at++;
    return { kind: 'variable', name, at, otherwise: { orEmpty: operator === ':-', value } };
  }

  /** Reads over a function: defining one executes nothing, and calling one is refused. */
  #function(name: string, start: number): void {
    if (keptByShell.has(name))
      this.#refuse('vars-command', `${name} means something else once a function has its name`, {
        at: start,
        length: name.length,
      });
    const opening = this.#peek();
    const end = endOfBody(this.#text, this.#at);
    if (opening !== '{' || end === undefined)
      this.#refuse('vars-syntax', `it cannot be told where the function ${name} ends`, {
        at: start,
        length: this.#at - start,
        hint: 'move the function to a file of its own: only values are read here',
      });
    this.#at = end;
  }

  /** A statement ends at a line's end, a `;` or a comment. */
  #end(): void {
    this.#blanks();
    const char = this.#peek();
    if (char === '#') this.#comment();
    else if (char === ';' && this.#text.charAt(this.#at + 1) !== ';') this.#at++;
    else if (char === '\n') this.#at++;
    else if (char !== '') this.#refuseCommand();
  }

  #atEnd(): boolean {
    const char = this.#peek();
    return char === '' || '\n;#'.includes(char);
  }

  #blanks(): void {
    this.#match(/(?:[ \t]|\\\n)+/y);
  }

  #comment(): void {
    this.#match(/[^\n]*/y);
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  #refuseSubstitution(length: number): never {
    this.#refuse('vars-command', 'this substitutes what a command prints, and none is executed', {
      length,
      hint: 'write the value itself, or name an environment variable that holds it',
    });
  }

  #refuseCommand(): never {
    const word = /^[^\s;&|<>()]*/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    const shown = word === '' ? this.#peek() : word;
    this.#refuse('vars-command', `"${shown}" is a command, and nothing is executed`, {
      length: shown.length,
      hint: 'a vars file has assignments, with `export` before them or not, and comments',
    });
  }

  #refuse(
    code: Refusal['code'],
    message: string,
    more: { at?: number; length?: number; hint?: string } = {},
  ): never {
    const { at = this.#at, length = 1, hint } = more;
    throw new Refused({
      code,
      message,
      at,
      length: Math.max(1, length),
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

function text(value: string): Part {
  return { kind: 'text', text: value };
}

/** Words after which a shell takes the next one for a command, and so `}` for a bracket. */
const beforeCommand = new Set(
  'if then elif else fi while until do done for case esac in { } ! time'.split(' '),
);
const tokenAt =
  /((?:[ \t]|\\\n)+)|([\n;&|()])|('[^']*')|("(?:[^"\\]|\\[\s\S])*")|((?:[^\s;&|()'"\\<>]|\\[\s\S])+)|([<>]+)/y;

/**
 * The offset behind the `}` that closes the `{` at `start`; undefined where that cannot be told
 * for sure: here-documents, `$'…'`, quotes inside of substitutions inside of quotes.
 */
function endOfBody(source: string, start: number): number | undefined {
  let depth = 0;
  let commandNext = true;
  let insideWord = false;
  let at = start;
  while (at < source.length) {
    if (!insideWord && source.charAt(at) === '#') {
      const newline = source.indexOf('\n', at);
      at = newline === -1 ? source.length : newline;
      continue;
    }
    tokenAt.lastIndex = at;
    const token = tokenAt.exec(source);
    if (token === null) return undefined;
    const [whole, , separator, single, double, word, redirection] = token;
    at += whole.length;
    if (redirection?.startsWith('<<') === true) return undefined;
    if (double !== undefined && !balanced(double)) return undefined;
    const quoteNext = source.charAt(at) === "'" || source.charAt(at) === '"';
    if (word?.endsWith('$') === true && quoteNext) return undefined;
    if (separator !== undefined) commandNext = true;
    else if (word !== undefined) {
      const whole = !insideWord && !quoteNext;
      if (commandNext && whole && word === '{') depth++;
      if (commandNext && whole && word === '}' && --depth === 0) return at;
      commandNext &&= whole && beforeCommand.has(word);
    } else if (single !== undefined || double !== undefined || redirection !== undefined)
      commandNext = false;
    insideWord = single !== undefined || double !== undefined || word !== undefined;
  }
  return undefined;
}

function balanced(quoted: string): boolean {
  const count = (char: string): number => quoted.split(char).length;
  return count('(') === count(')') && count('`') % 2 === 1;
}
