import { Failure, notSupported, type Origin } from '../errors.js';
import { strMethodNames } from '../methods/str.js';
import { repr } from '../operators/print.js';
import { typeReprOf } from '../operators/types.js';
import { Obj, type Value } from './value.js';

/**
 * A name, attribute or element that does not exist. Jinja2's StrictUndefined: it may be kept and
 * asked whether it is defined; any other use is an `UndefinedError`.
 */
export class Undefined extends Obj {
  readonly message: () => string;
  readonly known: Failure['known'];
  readonly origin: Origin | undefined;

  constructor(message: () => string, known?: Failure['known'], origin?: Origin) {
    super();
    this.message = message;
    this.known = known;
    this.origin = origin;
  }
  get type(): string {
    return 'StrictUndefined';
  }
  override get module(): string {
    return 'jinja2.runtime';
  }
  /** What every use of it throws. */
  failure(): Failure {
    return new Failure('UndefinedError', this.message(), {
      known: this.known,
      origin: this.origin,
    });
  }
  override repr(): string {
    return 'Undefined';
  }
  override str(): string {
    throw this.failure();
  }
  override truth(): boolean {
    throw this.failure();
  }
  override length(): number {
    throw this.failure();
  }
  override iterate(): Iterator<Value> {
    throw this.failure();
  }
  override attribute(name: string): Value | undefined {
    if (name.startsWith('__')) {
      return undefined;
    }
    if (/^_undefined_|^_fail_with/.test(name)) {
      throw notSupported(`the attribute ${name} of an undefined value`);
    }
    throw this.failure();
  }
  override item(): Value | undefined {
    throw this.failure();
  }
  override readonly call = (): Value => {
    throw this.failure();
  };
}

/** Jinja2's plain Undefined, which an inline `if` without `else` gives: empty rather than wrong. */
export class LenientUndefined extends Undefined {
  override get type(): string {
    return 'Undefined';
  }
  override str(): string {
    return '';
  }
  override truth(): boolean {
    return false;
  }
  override length(): number {
    return 0;
  }
  override iterate(): Iterator<Value> {
    return [][Symbol.iterator]();
  }
}

/** `x.name` or `x[name]` that does not exist. */
export function undefinedMember(owner: Value, name: Value): Undefined {
  return new Undefined(
    () =>
      typeof name === 'string'
        ? `${repr(typeReprOf(owner))} has no attribute ${repr(name)}`
        : `${typeReprOf(owner)} has no element ${repr(name)}`,
    typeof name === 'string' ? () => ({ word: name, among: knownNames(owner) }) : undefined,
  );
}

function knownNames(owner: Value): Iterable<string> {
  if (typeof owner === 'string') {
    return strMethodNames();
  }
  return owner instanceof Obj ? owner.knownNames() : [];
}

/** An undefined value with a message of its own, as `|first` of nothing gives. */
export function undefinedWith(message: string): Undefined {
  return new Undefined(() => message);
}
