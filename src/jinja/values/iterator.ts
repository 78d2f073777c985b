import { Obj, type Value } from './value.js';

/** A Python iterator or generator: it can be gone through once. */
export class Iter extends Obj {
  readonly type: string;
  readonly source: Iterator<Value>;

  constructor(source: Iterator<Value>, type = 'generator') {
    super();
    this.source = source;
    this.type = type;
  }
  override iterate(): Iterator<Value> {
    return this.source;
  }
}
