import { notSupported, typeError, valueError } from '../errors.js';
import { checkElements, step } from '../limits.js';
import { isInt, typeOf } from '../operators/types.js';
import { Obj, type Value } from './value.js';

/** What `range()` gives. */
export class Range extends Obj {
  readonly start: number;
  readonly stop: number;
  readonly stride: number;
  readonly size: number;

  constructor(start: number, stop: number, stride: number) {
    super();
    if (stride === 0) {
      throw valueError('range() arg 3 must not be zero');
    }
    this.start = start;
    this.stop = stop;
    this.stride = stride;
    this.size = Math.max(0, Math.ceil((stop - start) / stride));
    checkElements(this.size);
  }
  get type(): string {
    return 'range';
  }
  at(index: number): number {
    return this.start + index * this.stride;
  }
  toArray(): number[] {
    step(this.size >> 6);
    return Array.from({ length: this.size }, (_, index) => this.at(index));
  }
  override repr(): string {
    const stride = this.stride === 1 ? '' : `, ${this.stride}`;
    return `range(${this.start}, ${this.stop}${stride})`;
  }
  override length(): number {
    return this.size;
  }
  override *iterate(): Iterator<Value> {
    for (let index = 0; index < this.size; index++) {
      yield this.at(index);
    }
  }
  override attribute(name: string): Value | undefined {
    if (name === 'start') {
      return this.start;
    }
    if (name === 'stop') {
      return this.stop;
    }
    if (name === 'step') {
      return this.stride;
    }
    if (name === 'count' || name === 'index') {
      throw notSupported(`range.${name}`);
    }
    return undefined;
  }
  override item(key: Value): Value | undefined {
    if (!isInt(key)) {
      return undefined;
    }
    const given = Number(key);
    const index = given < 0 ? given + this.size : given;
    return index >= 0 && index < this.size ? this.at(index) : undefined;
  }
}

/** The `range` of templates: one to three integers. */
export function makeRange(args: readonly Value[]): Range {
  if (args.length === 0) {
    throw typeError('range expected at least 1 argument, got 0');
  }
  if (args.length > 3) {
    throw typeError(`range expected at most 3 arguments, got ${args.length}`);
  }
  const [first = 0, second, third = 1] = args.map(integer);
  return second === undefined ? new Range(0, first, 1) : new Range(first, second, third);
}

function integer(value: Value): number {
  if (typeof value === 'boolean') {
    return Number(value);
  }
  if (typeof value === 'number') {
    return value;
  }
  if (typeof value === 'bigint') {
    checkElements(Number.POSITIVE_INFINITY);
  }
  throw typeError(`'${typeOf(value)}' object cannot be interpreted as an integer`);
}
