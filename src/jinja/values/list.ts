import { fail } from '../errors.js';
import { addElements, checkElements, deeper } from '../limits.js';
import { listMethod, listMethodNames, tupleMethod, tupleMethodNames } from '../methods/list.js';
import { repr } from '../operators/print.js';
import { sequenceItem } from '../operators/slice.js';
import { Obj, type Value } from './value.js';

/** A Python list. Iterating it follows changes made meanwhile, as Python's iterator does. */
export class List extends Obj {
  readonly items: Value[];
  /** Set for lists that several renderings share. */
  readonly shared: boolean;

  constructor(items: Value[], shared = false) {
    super();
    checkElements(items.length);
    addElements(items.length);
    this.items = items;
    this.shared = shared;
  }

  get type(): string {
    return 'list';
  }
  /** The elements, to be changed. */
  changing(): Value[] {
    if (this.shared) {
      throw sharedChange('list');
    }
    return this.items;
  }
  override repr(): string {
    return reprItems(this, this.items, '[', ']', '[...]');
  }
  override length(): number {
    return this.items.length;
  }
  override iterate(): Iterator<Value> {
    return this.items[Symbol.iterator]();
  }
  override attribute(name: string): Value | undefined {
    return listMethod(this, name);
  }
  override knownNames(): Iterable<string> {
    return listMethodNames();
  }
  override item(key: Value): Value | undefined {
    return sequenceItem(this.items, key);
  }
}

/** A Python tuple. */
export class Tuple extends Obj {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    super();
    checkElements(items.length);
    addElements(items.length);
    this.items = items;
  }

  get type(): string {
    return 'tuple';
  }
  override repr(): string {
    return reprItems(this, this.items, '(', this.items.length === 1 ? ',)' : ')', '(...)');
  }
  override length(): number {
    return this.items.length;
  }
  override iterate(): Iterator<Value> {
    return this.items[Symbol.iterator]();
  }
  override attribute(name: string): Value | undefined {
    return tupleMethod(this, name);
  }
  override knownNames(): Iterable<string> {
    return tupleMethodNames();
  }
  override item(key: Value): Value | undefined {
    return sequenceItem(this.items, key);
  }
}

/** What `|groupby` gives: a tuple whose two elements have names. */
export class Group extends Tuple {
  constructor(grouper: Value, list: List) {
    super([grouper, list]);
  }
  override get type(): string {
    return '_GroupTuple';
  }
  override attribute(name: string): Value | undefined {
    if (name === 'grouper') {
      return this.items[0];
    }
    if (name === 'list') {
      return this.items[1];
    }
    return super.attribute(name);
  }
}

/** The error of a template that changes a list or dict which other templates see too. */
export function sharedChange(type: string) {
  return fail('NotSupported', `changing a ${type} of the configuration is not supported`, {
    hint: 'the change would leak into the templates rendered after this one; make a copy first',
  });
}

// Objects whose repr is under way: one that contains itself prints as dots.
const underWay = new Set<Obj>();

/** `repr` of the elements between brackets. */
function reprItems(
  self: Obj,
  items: readonly Value[],
  open: string,
  close: string,
  dots: string,
): string {
  return guardedRepr(self, dots, () => `${open}${items.map(repr).join(', ')}${close}`);
}

export function guardedRepr(self: Obj, dots: string, make: () => string): string {
  if (underWay.has(self)) {
    return dots;
  }
  underWay.add(self);
  try {
    return deeper(make);
  } finally {
    underWay.delete(self);
  }
}
