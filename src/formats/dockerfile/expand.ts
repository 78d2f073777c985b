import { replace, trimPrefix, trimSuffix } from './pattern.js';
import { isSpace } from './space.js';

/**
 * Variables and quotes in a word, as BuildKit's shell lexer treats them (`frontend/dockerfile/
 * shell`): `$x`, `${x}`, `${x:-d}`, `${x-d}`, `${x:+a}`, `${x+a}`, `${x:?m}`, `${x?m}`, `${x#p}`,
 * `${x##p}`, `${x%p}`, `${x%%p}`, `${x/p/r}`, `${x//p/r}`, with words inside that are expanded in
 * turn. It is not quite a shell, and where it is not, this follows it.
 */
export type Expansion =
  | { readonly ok: true; readonly text: string }
  /** One sentence without a full stop. */
  | { readonly ok: false; readonly problem: string };

/** The value of a variable; undefined where it is unset. */
export type Lookup = (name: string) => string | undefined;

/** What the expansions of one file may still cost: about a character of text each. */
export interface Budget {
  left: number;
}

/** Far more than the frontend's own limit on a line lets anybody write. */
export const expansionBudget = 4 * 1024 * 1024;
/** Characters that a word expands to; nothing that takes one can be so long. */
const longest = 65_536;
/** Characters of a pattern. */
const longestPattern = 1000;

export function expand(
  word: string,
  escapeChar: string,
  lookup: Lookup,
  budget: Budget = { left: expansionBudget },
): Expansion {
  if (!needsLexer(word, escapeChar)) {
    return { ok: true, text: word };
  }
  try {
    return { ok: true, text: new Lexer(word, { escapeChar, lookup, budget }).run().text };
  } catch (cause) {
    if (cause instanceof Refusal) {
      return { ok: false, problem: cause.message };
    }
    throw cause;
  }
}

/**
 * The words of a line in which heredocs are looked for: nothing is set, and quotes and escape
 * characters stay where `raw`. Undefined where the frontend cannot lex the line.
 */
export function lexWords(line: string, raw: boolean): readonly string[] | undefined {
  try {
    return new Lexer(line, {
      escapeChar: '\\',
      raw,
      keepUnset: true,
      lookup: () => undefined,
      budget: { left: expansionBudget },
    }).run().words;
  } catch (cause) {
    if (cause instanceof Refusal) {
      return undefined;
    }
    throw cause;
  }
}

/** Whether `expand` does anything to the word. */
export function needsLexer(word: string, escapeChar: string): boolean {
  return /[$'"]/.test(word) || word.includes(escapeChar) || word.charCodeAt(0) === 0xfeff;
}

/** Unwinds the recursion; never leaves this module. */
class Refusal extends Error {}

interface LexerOptions {
  readonly escapeChar: string;
  readonly lookup: Lookup;
  readonly budget: Budget;
  /** Keep quotes and escape characters. */
  readonly raw?: boolean;
  /** Leave what names an unset variable as it is written. */
  readonly keepUnset?: boolean;
}

/** Nobody nests them so deep but to break what reads them. */
const deepest = 200;
const specialNames = '@*#?-$!0';
// The expressions with Unicode properties take milliseconds to compile: left for who needs them.
const isDigit = (char: string) =>
  char < '\x80' ? char >= '0' && char <= '9' : /^\p{Nd}$/u.test(char);
const isNameChar = (char: string) =>
  char < '\x80' ? /^[A-Za-z0-9_]$/.test(char) : /^[\p{L}\p{Nd}]$/u.test(char);

class Lexer {
  readonly #chars: readonly string[];
  readonly #options: LexerOptions;
  readonly #raw: boolean;
  #rawEscapes: boolean;
  #at = 0;
  #depth = 0;
  /** The word being collected. Shared with nested words, which empty it, as in the original. */
  #word = '';

  constructor(text: string, options: LexerOptions) {
    this.#chars = Array.from(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
    this.#options = options;
    this.#raw = options.raw ?? false;
    this.#rawEscapes = this.#raw;
  }

  run(): { text: string; words: readonly string[] } {
    return this.#until('', this.#rawEscapes);
  }

  /** A value that becomes part of a text of this length. */
  #spend(value: string, before: number, cost = value.length): string {
    if (before + value.length > longest) {
      throw new Refusal(`it has more than ${longest} characters`);
    }
    this.#options.budget.left -= cost;
    if (this.#options.budget.left < 0) {
      throw new Refusal('the variables of this Dockerfile expand to too much text');
    }
    return value;
  }

  #peek(): string {
    return this.#chars[this.#at] ?? '';
  }

  #next(): string {
    return this.#chars[this.#at++] ?? '';
  }

  /** Reads to `stop` (empty: the end), both as one text and as the words it splits into. */
  #until(stop: string, rawEscapes: boolean): { text: string; words: readonly string[] } {
    if (++this.#depth > deepest) {
      throw new Refusal(`\${…} are nested more than ${deepest} deep`);
    }
    const before = this.#rawEscapes;
    this.#rawEscapes = rawEscapes;
    const words: string[] = [];
    const flush = () => {
      if (this.#word !== '') {
        words.push(this.#word);
      }
      this.#word = '';
    };
    const add = (char: string) => {
      if (isSpace(char.charCodeAt(0))) {
        flush();
      } else {
        this.#word += char;
      }
    };
    let text = '';
    this.#word = '';
    for (;;) {
      const char = this.#peek();
      if (char === '' && stop !== '') {
        throw new Refusal(`a closing ${stop} is missing`);
      }
      if (char === stop) {
        this.#at++;
        flush();
        this.#rawEscapes = before;
        this.#depth--;
        return { text, words };
      }
      if (char === '$') {
        const value = this.#spend(this.#dollar(), text.length);
        text += value;
        for (const part of value) {
          add(part);
        }
      } else if (char === "'" || char === '"' || char === '<') {
        const value =
          char === '<' ? this.#angle() : char === "'" ? this.#singleQuoted() : this.#doubleQuoted();
        text += value;
        this.#word += value;
      } else if (char === this.#options.escapeChar) {
        this.#at++;
        const kept = (this.#rawEscapes ? char : '') + this.#next();
        text += kept;
        this.#word += kept;
      } else {
        this.#at++;
        text += char;
        add(char);
      }
    }
  }

  #singleQuoted(): string {
    const close = this.#chars.indexOf("'", this.#at + 1);
    if (close === -1) {
      throw new Refusal("a closing ' is missing");
    }
    const inner = this.#chars.slice(this.#at + 1, close).join('');
    this.#at = close + 1;
    return this.#raw ? `'${inner}'` : inner;
  }

  #doubleQuoted(): string {
    this.#at++;
    let text = this.#raw ? '"' : '';
    for (;;) {
      const char = this.#peek();
      if (char === '') {
        throw new Refusal('a closing " is missing');
      }
      if (char === '$') {
        text += this.#spend(this.#dollar(), text.length);
        continue;
      }
      this.#at++;
      if (char === '"') {
        return this.#raw ? `${text}"` : text;
      }
      if (char !== this.#options.escapeChar) {
        text += char;
        continue;
      }
      if (this.#rawEscapes) {
        text += char;
      }
      const escaped = this.#peek();
      if (escaped === '') {
        continue;
      }
      if (escaped === '"' || escaped === '$' || escaped === char) {
        text += this.#next();
      } else {
        text += char;
      }
    }
  }

  #angle(): string {
    this.#at++;
    if (this.#peek() !== '<') {
      return '<';
    }
    this.#at++;
    let text = '<<';
    while (this.#peek() !== '' && '\t\r '.includes(this.#peek())) {
      text += this.#next();
    }
    return text;
  }

  #dollar(): string {
    this.#at++;
    if (this.#peek() !== '{') {
      const name = this.#name();
      if (name === '') {
        return '$';
      }
      return this.#options.lookup(name) ?? (this.#options.keepUnset ? `$${name}` : '');
    }
    this.#at++;
    const first = this.#peek();
    if (first === '') {
      throw new Refusal('a closing } is missing');
    }
    if (first === '{' || first === '}' || first === ':') {
      throw new Refusal(`\${${first} is not a variable`);
    }
    const name = this.#name();
    const operator = this.#next();
    switch (operator) {
      case '}':
        return this.#options.lookup(name) ?? (this.#options.keepUnset ? `\${${name}}` : '');
      case '/':
        return this.#replacement(name);
      case ':':
        return this.#modified(name, this.#next(), true);
      default:
        return this.#modified(name, operator, false);
    }
  }

  #modified(name: string, operator: string, emptyIsUnset: boolean): string {
    const written = emptyIsUnset ? `:${operator}` : operator;
    const isTrim = operator === '#' || operator === '%';
    if (operator === '' || !'+-?#%'.includes(operator) || (isTrim && emptyIsUnset)) {
      throw new Refusal(`the operator ${written} in \${${name}${written}…} is not known`);
    }
    const { text: word } = this.#until('}', isTrim);
    const value = this.#options.lookup(name);
    if (value === undefined && this.#options.keepUnset) {
      return `\${${name}${written}${word}}`;
    }
    const isUnset = value === undefined || (emptyIsUnset && value === '');
    switch (operator) {
      case '-':
        return isUnset ? word : (value ?? '');
      case '+':
        return isUnset ? '' : word;
      case '?':
        if (!isUnset) {
          return value ?? '';
        }
        throw new Refusal(`${name} ${word === '' ? 'must be set' : `must be set: ${word}`}`);
      default:
        return this.#trimmed(value ?? '', operator, word);
    }
  }

  #trimmed(value: string, operator: string, word: string): string {
    const greedy = word.startsWith(operator);
    const pattern = greedy ? word.slice(1) : word;
    this.#spendOnPattern(value, pattern);
    const result =
      operator === '#' ? trimPrefix(value, pattern, greedy) : trimSuffix(value, pattern, greedy);
    if (result === undefined) {
      throw new Refusal(`the pattern ${pattern} escapes what needs none`);
    }
    return result;
  }

  #replacement(name: string): string {
    const all = this.#peek() === '/';
    if (all) {
      this.#at++;
    }
    const { text: pattern } = this.#until('/', true);
    const { text: replacement } = this.#until('}', true);
    const value = this.#options.lookup(name);
    if (value === undefined && this.#options.keepUnset) {
      return `\${${name}/${pattern}/${replacement}}`;
    }
    this.#spendOnPattern(value ?? '', pattern);
    const result = replace(value ?? '', pattern, replacement, { all, most: longest });
    if (result === 'too-long') {
      throw new Refusal(`it has more than ${longest} characters`);
    }
    if (result === undefined) {
      throw new Refusal(`the pattern ${pattern} escapes what needs none`);
    }
    return result;
  }

  /** Matching takes time that grows with the value times the wildcards of the pattern. */
  #spendOnPattern(value: string, pattern: string): void {
    if (pattern.length > longestPattern) {
      throw new Refusal(`a pattern has more than ${longestPattern} characters`);
    }
    const wildcards = pattern.split(/[*?]/).length;
    this.#spend('', 0, value.length * wildcards);
  }

  #name(): string {
    const first = this.#peek();
    if (first === '') {
      return '';
    }
    if (isDigit(first)) {
      let digits = '';
      while (isDigit(this.#peek())) {
        digits += this.#next();
      }
      return digits;
    }
    if (specialNames.includes(first)) {
      return this.#next();
    }
    let name = '';
    while (isNameChar(this.#peek())) {
      name += this.#next();
    }
    return name;
  }
}
