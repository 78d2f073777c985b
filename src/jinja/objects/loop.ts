import { fail, notSupported, typeError } from '../errors.js';
import { deeper } from '../limits.js';
import { positional } from '../methods/method.js';
import { sameElement } from '../operators/compare.js';
import { iterator, toArray } from '../operators/iterate.js';
import { lengthOf } from '../operators/text.js';
import { Callable } from '../values/callable.js';
import { Iter } from '../values/iterator.js';
import { undefinedWith } from '../values/undefined.js';
import { type Keywords, Obj, type Value } from '../values/value.js';

/** The body of a recursive loop: for an iterable, itself again and the depth it is at. */
export type LoopCode = (iterable: Value, self: LoopCode, depth: number) => string;

/** `loop`, the state of a loop. It looks ahead only when asked, as Jinja2's does. */
export class Loop extends Obj {
  readonly #iterable: Value;
  #source: Iterator<Value>;
  readonly #recurse: LoopCode | undefined;
  readonly #depth0: number;
  #index0 = -1;
  #known: number | undefined;
  #after: Value | undefined;
  #current: Value | undefined;
  #before: Value | undefined;
  #lastChanged: readonly Value[] | undefined;

  constructor(iterable: Value, recurse: LoopCode | undefined, depth0: number) {
    super();
    this.#iterable = iterable;
    this.#source = iterator(iterable);
    this.#recurse = recurse;
    this.#depth0 = depth0;
  }
  get type(): string {
    return 'LoopContext';
  }
  override get module(): string {
    return 'jinja2.runtime';
  }
  override repr(): string {
    return `<LoopContext ${this.#index0 + 1}/${this.#size()}>`;
  }
  override length(): number {
    return this.#size();
  }
  override iterate(): Iterator<Value> {
    throw notSupported('iterating over loop');
  }

  /** Goes through the items; for generated code. */
  [Symbol.iterator](): Iterator<Value> {
    return { next: () => this.#next() };
  }

  #next(): IteratorResult<Value> {
    let item = this.#after;
    this.#after = undefined;
    if (item === undefined) {
      const result = this.#source.next();
      if (result.done === true) {
        return result;
      }
      item = result.value;
    }
    this.#index0++;
    this.#before = this.#current;
    this.#current = item;
    return { done: false, value: item };
  }

  #size(): number {
    if (this.#known !== undefined) {
      return this.#known;
    }
    const iterable = this.#iterable;
    let size: number | undefined;
    if (typeof iterable === 'string') {
      size = lengthOf(iterable);
    } else if (iterable instanceof Obj) {
      size = iterable.length();
    }
    if (size === undefined) {
      const rest = toArray(new Iter(this.#source));
      this.#source = rest[Symbol.iterator]();
      size = rest.length + this.#index0 + 1 + (this.#after === undefined ? 0 : 1);
    }
    this.#known = size;
    return size;
  }

  #peek(): Value | undefined {
    if (this.#after === undefined) {
      const result = this.#source.next();
      if (result.done !== true) {
        this.#after = result.value;
      }
    }
    return this.#after;
  }

  override attribute(name: string): Value | undefined {
    switch (name) {
      case 'index':
        return this.#index0 + 1;
      case 'index0':
        return this.#index0;
      case 'revindex':
        return this.#size() - this.#index0;
      case 'revindex0':
        return this.#size() - this.#index0 - 1;
      case 'first':
        return this.#index0 === 0;
      case 'last':
        return this.#peek() === undefined;
      case 'length':
        return this.#size();
      case 'depth':
        return this.#depth0 + 1;
      case 'depth0':
        return this.#depth0;
      case 'previtem':
        if (this.#index0 === 0 || this.#before === undefined) {
          return undefinedWith('there is no previous item');
        }
        return this.#before;
      case 'nextitem': {
        const next = this.#peek();
        return next === undefined ? undefinedWith('there is no next item') : next;
      }
      case 'cycle':
        return new Callable('cycle', (args, keywords) => this.#cycle(args, keywords), 'method');
      case 'changed':
        return new Callable('changed', (args, keywords) => this.#changed(args, keywords), 'method');
      default:
        if (name.startsWith('_')) {
          throw notSupported(`the attribute ${name} of loop`);
        }
        return undefined;
    }
  }
  override knownNames(): Iterable<string> {
    return 'index index0 revindex revindex0 first last length depth depth0 previtem nextitem cycle changed'.split(
      ' ',
    );
  }

  #cycle(args: readonly Value[], keywords: Keywords | undefined): Value {
    positional('LoopContext.cycle', args.slice(0, 0), keywords, 0);
    const item = args[this.#index0 % Math.max(args.length, 1)];
    if (item === undefined) {
      throw typeError('no items for cycling given');
    }
    return item;
  }

  #changed(args: readonly Value[], keywords: Keywords | undefined): boolean {
    positional('LoopContext.changed', args.slice(0, 0), keywords, 0);
    const last = this.#lastChanged;
    const same =
      last !== undefined &&
      last.length === args.length &&
      last.every((value, index) => sameElement(value, args[index] ?? null));
    if (!same) {
      this.#lastChanged = args;
    }
    return !same;
  }

  override readonly call = (args: readonly Value[], keywords: Keywords | undefined): Value => {
    const recurse = this.#recurse;
    const iterable = args[0] ?? keywords?.get('iterable');
    if (args.length + (keywords?.size ?? 0) !== 1 || iterable === undefined) {
      throw fail('TypeError', 'LoopContext.__call__() takes exactly one iterable');
    }
    if (recurse === undefined) {
      throw typeError("The loop must have the 'recursive' marker to be called recursively.");
    }
    return deeper(() => recurse(iterable, recurse, this.#depth0 + 1));
  };
}
