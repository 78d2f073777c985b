import { type Budget, expand, expansionBudget } from './expand.js';
import { isBlank } from './space.js';
import { splitWords } from './words.js';

/** What the variables of all stages of a file start from. */
export interface VariableOptions {
  /** Build arguments: they win over the defaults of ARG. */
  readonly args?: ReadonlyMap<string, string> | undefined;
  /** Those that an ARG of a stage without a value takes its own from (`globalVariables`). */
  readonly globals: ReadonlyMap<string, string | undefined>;
  readonly budget?: Budget;
}

/**
 * The variables of a stage as its ARG and ENV set them, one instruction after another. One that a base outside of
 * the file may set, or that only the builder knows, is not known.
 */
export class StageVariables {
  /** Undefined where the value is not known. */
  readonly #values: Map<string, string | undefined>;
  /** Whether all that its base sets is known: it is built on scratch. */
  readonly isClosed: boolean;
  readonly #options: VariableOptions;
  readonly #budget: Budget;

  /** @param below those of the stage that it is built on */
  constructor(options: VariableOptions, isOnScratch: boolean, below?: StageVariables) {
    this.#options = options;
    this.#values = new Map(below === undefined ? [] : below.#values);
    this.isClosed = isOnScratch || below?.isClosed === true;
    this.#budget = options.budget ?? { left: expansionBudget };
  }

  /** ARG, without its keyword. */
  arg(rest: string, escapeChar: string): void {
    for (const { text } of splitWords(rest, escapeChar)) {
      const equals = text.indexOf('=');
      const name = equals === -1 ? text : text.slice(0, equals);
      const given = this.#options.args?.get(name);
      if (given !== undefined) {
        this.#values.set(name, given);
      } else if (equals !== -1) {
        this.#values.set(name, this.value(text.slice(equals + 1), escapeChar));
      } else if (this.#options.globals.has(name)) {
        this.#values.set(name, this.#options.globals.get(name));
      }
    }
  }

  /** ENV, without its keyword. */
  env(rest: string, escapeChar: string): void {
    const words = splitWords(rest, escapeChar);
    const [first] = words;
    if (first !== undefined && !first.text.includes('=')) {
      // The old form: a name, blanks, and everything else as the value.
      let at = first.at + first.length;
      while (isBlank(rest.charCodeAt(at))) {
        at++;
      }
      this.#values.set(first.text, this.value(rest.slice(at), escapeChar));
      return;
    }
    // All of one ENV see the values from before it.
    const values = words.map(({ text }) => {
      const equals = text.indexOf('=');
      return [text.slice(0, equals), this.value(text.slice(equals + 1), escapeChar)] as const;
    });
    for (const [name, value] of values) {
      this.#values.set(name, value);
    }
  }

  /** A word with its variables expanded; undefined where it cannot be, or one of them is not known. */
  value(word: string, escapeChar: string): string | undefined {
    let isKnown = true;
    const lookup = (name: string) => {
      const value = this.#values.get(name);
      // Every stage has a PATH, whatever its base is.
      if (value === undefined && (this.#values.has(name) || !this.isClosed || name === 'PATH')) {
        isKnown = false;
      }
      return value;
    };
    const expansion = expand(word, escapeChar, lookup, this.#budget);
    return expansion.ok && isKnown ? expansion.text : undefined;
  }
}
