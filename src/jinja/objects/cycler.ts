import { fail } from '../errors.js';
import { positional } from '../methods/method.js';
import { Callable } from '../values/callable.js';
import { Tuple } from '../values/list.js';
import { Obj, type Value } from '../values/value.js';

/** `cycler('a', 'b')`: gives its items in turn. */
export class Cycler extends Obj {
  readonly #items: readonly Value[];
  #at = 0;

  constructor(items: readonly Value[]) {
    super();
    if (items.length === 0) {
      throw fail('RuntimeError', 'at least one item has to be provided');
    }
    this.#items = items;
  }
  get type(): string {
    return 'Cycler';
  }
  override get module(): string {
    return 'jinja2.utils';
  }
  override attribute(name: string): Value | undefined {
    switch (name) {
      case 'current':
        return this.#items[this.#at];
      case 'next':
        return new Callable('next', (args, keywords) => this.#next(args, keywords), 'method');
      case 'reset':
        return new Callable('reset', (args, keywords) => this.#reset(args, keywords), 'method');
      case 'pos':
        return this.#at;
      case 'items':
        return new Tuple(this.#items);
      default:
        return undefined;
    }
  }

  #next(args: readonly Value[], keywords: ReadonlyMap<string, Value> | undefined): Value {
    positional('Cycler.next', args, keywords, 0);
    const item = this.#items[this.#at] ?? null;
    this.#at = (this.#at + 1) % this.#items.length;
    return item;
  }

  #reset(args: readonly Value[], keywords: ReadonlyMap<string, Value> | undefined): Value {
    positional('Cycler.reset', args, keywords, 0);
    this.#at = 0;
    return null;
  }
}

/** `joiner(', ')`: gives nothing when first called, then its separator. */
export class Joiner extends Obj {
  readonly #separator: Value;
  #used = false;

  constructor(separator: Value) {
    super();
    this.#separator = separator;
  }
  get type(): string {
    return 'Joiner';
  }
  override get module(): string {
    return 'jinja2.utils';
  }
  override attribute(name: string): Value | undefined {
    if (name === 'sep') {
      return this.#separator;
    }
    if (name === 'used') {
      return this.#used;
    }
    return undefined;
  }
  override readonly call = (
    args: readonly Value[],
    keywords: ReadonlyMap<string, Value> | undefined,
  ): Value => {
    positional('Joiner.__call__', args, keywords, 0);
    if (this.#used) {
      return this.#separator;
    }
    this.#used = true;
    return '';
  };
}
