import { notSupported } from '../errors.js';
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
  override attribute(name: string): Value | undefined {
    if (/^(?:close|send|throw|gi_\w+)$/.test(name)) {
      throw notSupported(`the attribute ${name} of a generator`);
    }
    return undefined;
  }
  override iterate(): Iterator<Value> {
    return this.source;
  }
}
