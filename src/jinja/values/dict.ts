import { fail, notSupported } from '../errors.js';
import { addElements, checkElements, step } from '../limits.js';
import { dictMethod, dictMethodNames } from '../methods/dict.js';
import { type Key, keyOf } from '../operators/hash.js';
import { repr } from '../operators/print.js';
import { guardedRepr, sharedChange, Tuple } from './list.js';
import { Obj, type Value } from './value.js';

interface Entry {
  readonly key: Value;
  value: Value;
}

/** A Python dict: keys compare as Python's do and keep the order of their first insertion. */
export class Dict extends Obj {
  readonly entries = new Map<Key, Entry>();
  readonly shared: boolean;

  constructor(pairs: Iterable<readonly [Value, Value]> = [], shared = false) {
    super();
    addElements(0);
    for (const [key, value] of pairs) {
      this.put(key, value);
    }
    this.shared = shared;
  }

  get type(): string {
    return 'dict';
  }
  get(key: Value): Value | undefined {
    return this.entries.get(keyOf(key))?.value;
  }
  has(key: Value): boolean {
    return this.entries.has(keyOf(key));
  }
  /** Sets a key of a dict that is being built. */
  put(key: Value, value: Value): void {
    const hashed = keyOf(key);
    const entry = this.entries.get(hashed);
    if (entry !== undefined) {
      entry.value = value;
    } else {
      this.entries.set(hashed, { key, value });
      checkElements(this.entries.size);
      addElements(2, false);
    }
  }
  /** The entries, to be changed. */
  changing(): this {
    if (this.shared) {
      throw sharedChange('dict');
    }
    return this;
  }
  keys(): Value[] {
    return Array.from(this.entries.values(), (entry) => entry.key);
  }
  values(): Value[] {
    return Array.from(this.entries.values(), (entry) => entry.value);
  }
  pairs(): Tuple[] {
    return Array.from(this.entries.values(), (entry) => new Tuple([entry.key, entry.value]));
  }

  override repr(): string {
    return guardedRepr(this, '{...}', () => {
      const parts: string[] = [];
      for (const { key, value } of this.entries.values()) {
        parts.push(`${repr(key)}: ${repr(value)}`);
      }
      return `{${parts.join(', ')}}`;
    });
  }
  override length(): number {
    return this.entries.size;
  }
  override iterate(): Iterator<Value> {
    return this.walk((entry) => entry.key);
  }
  /** Iterates as Python does, which refuses to continue after a change of size. */
  *walk(pick: (entry: Entry) => Value): Generator<Value, undefined> {
    const size = this.entries.size;
    for (const entry of this.entries.values()) {
      step();
      yield pick(entry);
      if (this.entries.size !== size) {
        throw fail('RuntimeError', 'dictionary changed size during iteration');
      }
    }
    return undefined;
  }
  override attribute(name: string): Value | undefined {
    return dictMethod(this, name);
  }
  override item(key: Value): Value | undefined {
    return this.get(key);
  }
  override *knownNames(): Iterable<string> {
    for (const key of this.keys()) {
      if (typeof key === 'string') {
        yield key;
      }
    }
    yield* dictMethodNames();
  }
}

/** What `d.keys()`, `d.values()` and `d.items()` give: a view that follows the dict. */
export class DictView extends Obj {
  readonly dict: Dict;
  readonly part: 'keys' | 'values' | 'items';

  constructor(dict: Dict, part: 'keys' | 'values' | 'items') {
    super();
    this.dict = dict;
    this.part = part;
  }
  get type(): string {
    return `dict_${this.part}`;
  }
  override length(): number {
    return this.dict.length();
  }
  override iterate(): Iterator<Value> {
    if (this.part === 'keys') {
      return this.dict.walk((entry) => entry.key);
    }
    if (this.part === 'values') {
      return this.dict.walk((entry) => entry.value);
    }
    return this.dict.walk((entry) => new Tuple([entry.key, entry.value]));
  }
  override attribute(name: string): Value | undefined {
    if (name === 'isdisjoint' || name === 'mapping') {
      throw notSupported(`the attribute ${name} of a view of a dict`);
    }
    return undefined;
  }
  override repr(): string {
    return guardedRepr(this, '...', () => {
      const items =
        this.part === 'keys'
          ? this.dict.keys()
          : this.part === 'values'
            ? this.dict.values()
            : this.dict.pairs();
      return `${this.type}([${items.map(repr).join(', ')}])`;
    });
  }
}
