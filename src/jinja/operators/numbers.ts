import { Float } from '#core/data/data.js';
import { fail, notSupported, typeError } from '../errors.js';
import { checkBits, step } from '../limits.js';
import type { Value } from '../values/value.js';
import { fractionOf, nearestFloat } from './floats.js';
import { type Int, isInt, isNumber, type Num, typeOf } from './types.js';

/** An integer in its one representation: a number while safe, else a bigint. */
export function normal(value: bigint): Int {
  if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
    return Number(value);
  }
  // Hexadecimal digits are cheap to count.
  checkBits(value.toString(16).length * 4 - 4);
  return value;
}

/** bool as the int it is. */
export function intOf(value: boolean | Int): Int {
  return typeof value === 'boolean' ? Number(value) : value;
}

export function floatOf(value: Num): number {
  if (value instanceof Float) {
    return value.value;
  }
  const number = Number(value);
  if (!Number.isFinite(number)) {
    throw fail('OverflowError', 'int too large to convert to float');
  }
  return number;
}

/**
 * A float that came out of a calculation. Infinities and what is not a number are refused: where all
 * is constant Jinja2 itself fails on them, with an error of the Python code that it makes.
 */
export function finiteFloat(value: number): Float {
  if (!Number.isFinite(value)) {
    throw notSupported('a calculation with an infinite result');
  }
  return new Float(value);
}

type IntegerRule = (a: bigint, b: bigint) => bigint;

function exact(a: Int, b: Int, quick: number, rule: IntegerRule): Int {
  return Number.isSafeInteger(quick) && typeof a === 'number' && typeof b === 'number'
    ? quick
    : normal(rule(BigInt(a), BigInt(b)));
}

export function addNumbers(left: Num, right: Num): Value {
  if (!isInt(left) || !isInt(right)) {
    return finiteFloat(floatOf(left) + floatOf(right));
  }
  const [a, b] = [intOf(left), intOf(right)];
  return exact(a, b, Number(a) + Number(b), (x, y) => x + y);
}

export function subtractNumbers(left: Num, right: Num): Value {
  if (!isInt(left) || !isInt(right)) {
    return finiteFloat(floatOf(left) - floatOf(right));
  }
  const [a, b] = [intOf(left), intOf(right)];
  return exact(a, b, Number(a) - Number(b), (x, y) => x - y);
}

export function multiplyNumbers(left: Num, right: Num): Value {
  if (!isInt(left) || !isInt(right)) {
    return finiteFloat(floatOf(left) * floatOf(right));
  }
  const [a, b] = [intOf(left), intOf(right)];
  // -0 is not an integer of Python's.
  return exact(a, b, Number(a) * Number(b) + 0, (x, y) => x * y);
}

export function divideNumbers(left: Num, right: Num): Value {
  if (isInt(left) && isInt(right)) {
    const [a, b] = [intOf(left), intOf(right)];
    if (b === 0) {
      throw fail('ZeroDivisionError', 'division by zero');
    }
    if (typeof a === 'number' && typeof b === 'number') {
      return new Float(a / b);
    }
    const quotient = nearestFloat(BigInt(a), BigInt(b));
    if (!Number.isFinite(quotient)) {
      throw fail('OverflowError', 'integer division result too large for a float');
    }
    return new Float(quotient);
  }
  const divisor = floatOf(right);
  if (divisor === 0) {
    throw fail('ZeroDivisionError', 'float division by zero');
  }
  return finiteFloat(floatOf(left) / divisor);
}

function floorQuotient(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

/** `//` and `%` of integers. */
function integerDivision(left: boolean | Int, right: boolean | Int): { div: Int; mod: Int } {
  const a = BigInt(left);
  const b = BigInt(right);
  const div = floorQuotient(a, b);
  return { div: normal(div), mod: normal(a - div * b) };
}

/** `//` and `%` of floats, with the corrections that CPython makes. */
function floatDivision(a: number, b: number): { div: number; mod: number } {
  let mod = a % b;
  let div = (a - mod) / b;
  if (mod !== 0) {
    if (b < 0 !== mod < 0) {
      mod += b;
      div -= 1;
    }
  } else {
    mod = b < 0 ? -0 : 0;
  }
  if (div === 0) {
    return { div: a / b < 0 || Object.is(a / b, -0) ? -0 : 0, mod };
  }
  let floor = Math.floor(div);
  if (div - floor > 0.5) {
    floor += 1;
  }
  return { div: floor, mod };
}

export function floorDivideNumbers(left: Num, right: Num): Value {
  if (isInt(left) && isInt(right)) {
    if (BigInt(right) === 0n) {
      throw fail('ZeroDivisionError', 'integer division or modulo by zero');
    }
    return integerDivision(left, right).div;
  }
  const divisor = floatOf(right);
  if (divisor === 0) {
    throw fail('ZeroDivisionError', 'float floor division by zero');
  }
  return finiteFloat(floatDivision(floatOf(left), divisor).div);
}

export function moduloNumbers(left: Num, right: Num): Value {
  if (isInt(left) && isInt(right)) {
    if (BigInt(right) === 0n) {
      throw fail('ZeroDivisionError', 'integer modulo by zero');
    }
    return integerDivision(left, right).mod;
  }
  const divisor = floatOf(right);
  if (divisor === 0) {
    throw fail('ZeroDivisionError', 'float modulo');
  }
  return finiteFloat(floatDivision(floatOf(left), divisor).mod);
}

const mostFloatExponent = 1100;

export function powerNumbers(left: Num, right: Num): Value {
  if (isInt(left) && isInt(right) && BigInt(right) >= 0n) {
    const base = BigInt(left);
    const exponent = BigInt(right);
    const bits = (base < 0n ? -base : base).toString(2).length;
    if (base > 1n || base < -1n) {
      checkBits((bits - 1) * Number(exponent));
    }
    return normal(base ** exponent);
  }
  return new Float(powerFloats(floatOf(left), floatOf(right)));
}

/**
 * `base ** exponent` of floats, for whole exponents only: there exact arithmetic gives the same
 * digits as the C library, which JavaScript's own `**` does not always.
 */
function powerFloats(base: number, exponent: number): number {
  if (base === 0 && exponent < 0) {
    throw fail('ZeroDivisionError', '0.0 cannot be raised to a negative power');
  }
  if (exponent === 0 || base === 1) {
    return 1;
  }
  if (
    !Number.isFinite(base) ||
    !Number.isInteger(exponent) ||
    Math.abs(exponent) > mostFloatExponent
  ) {
    throw notSupported('a power with a fractional, infinite or huge exponent');
  }
  if (base === 0) {
    return exponent % 2 === 0 ? 0 : base;
  }
  step(Math.abs(exponent) >> 4);
  const { numerator, denominator } = fractionOf(base);
  const power = BigInt(Math.abs(exponent));
  const top = numerator ** power;
  const bottom = denominator ** power;
  const result = exponent > 0 ? nearestFloat(top, bottom) : nearestFloat(bottom, top);
  if (!Number.isFinite(result)) {
    throw fail('OverflowError', "(34, 'Numerical result out of range')");
  }
  return result;
}

export function negative(value: Value): Value {
  if (value instanceof Float) {
    return new Float(-value.value);
  }
  if (!isNumber(value)) {
    throw typeError(`bad operand type for unary -: '${typeOf(value)}'`);
  }
  return subtractNumbers(0, value);
}

export function positive(value: Value): Value {
  if (value instanceof Float) {
    return value;
  }
  if (!isNumber(value)) {
    throw typeError(`bad operand type for unary +: '${typeOf(value)}'`);
  }
  return intOf(value);
}
