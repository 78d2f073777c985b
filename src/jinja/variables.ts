import type { Data } from '#core/data/data.js';
import type { Variables } from './api.js';
import { toValue } from './convert.js';
import type { Value } from './values/value.js';

/** Names with values, looked up from the innermost on. */
export interface Names {
  get(name: string): Value | undefined;
  names(): Iterable<string>;
}

/** What a caller gives, each value converted when it is first asked for. */
export class GivenNames implements Names {
  readonly #source: ReadonlyMap<string, Data>;
  readonly #shared: boolean;
  readonly #converted = new Map<string, Value>();

  constructor(source: Variables, shared: boolean) {
    this.#source =
      source instanceof Map
        ? (source as ReadonlyMap<string, Data>)
        : new Map(Object.entries(source as { readonly [name: string]: Data }));
    this.#shared = shared;
  }

  get(name: string): Value | undefined {
    const known = this.#converted.get(name);
    if (known !== undefined) {
      return known;
    }
    const data = this.#source.get(name);
    if (data === undefined) {
      return undefined;
    }
    const value = toValue(data, this.#shared);
    this.#converted.set(name, value);
    return value;
  }

  names(): Iterable<string> {
    return this.#source.keys();
  }
}

/**
 * Variables for many renderings, converted once. A template cannot change the lists and dicts
 * among them: it would change what the next template sees.
 */
export class PreparedVariables {
  readonly names: Names;
  constructor(source: Variables) {
    this.names = new GivenNames(source, true);
  }
}

/** Names in front of others. */
export class Layer implements Names {
  readonly #own: ReadonlyMap<string, Value>;
  readonly #next: Names | undefined;

  constructor(own: ReadonlyMap<string, Value>, next?: Names) {
    this.#own = own;
    this.#next = next;
  }
  get(name: string): Value | undefined {
    const value = this.#own.get(name);
    return value === undefined ? this.#next?.get(name) : value;
  }
  *names(): Iterable<string> {
    yield* this.#own.keys();
    if (this.#next !== undefined) {
      yield* this.#next.names();
    }
  }
}

/** Names without some of them. */
export function without(names: Names, hidden: { has(name: string): boolean }): Names {
  return {
    get: (name) => (hidden.has(name) ? undefined : names.get(name)),
    *names() {
      for (const name of names.names()) {
        if (!hidden.has(name)) {
          yield name;
        }
      }
    },
  };
}

/** One set of names in front of another. */
export function inFront(first: Names, second: Names): Names {
  return {
    get(name) {
      const value = first.get(name);
      return value === undefined ? second.get(name) : value;
    },
    *names() {
      yield* first.names();
      yield* second.names();
    },
  };
}
