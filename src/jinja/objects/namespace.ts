import { repr } from '../operators/print.js';
import { Dict } from '../values/dict.js';
import { Obj, type Value } from '../values/value.js';

/** `namespace(…)`: an object whose attributes `set` can assign. */
export class Namespace extends Obj {
  readonly attributes: Dict;

  constructor(attributes: Dict = new Dict()) {
    super();
    this.attributes = attributes;
  }
  get type(): string {
    return 'Namespace';
  }
  override get module(): string {
    return 'jinja2.utils';
  }
  override repr(): string {
    return `<Namespace ${repr(this.attributes)}>`;
  }
  override attribute(name: string): Value | undefined {
    return this.attributes.get(name);
  }
  override *knownNames(): Iterable<string> {
    for (const key of this.attributes.keys()) {
      if (typeof key === 'string') {
        yield key;
      }
    }
  }
}
