import { Float } from '#core/data/data.js';
import { isFailure, notSupported, typeError, valueError } from '../errors.js';
import { truncateFloat } from '../format/percent.js';
import { named } from '../function.js';
import { add, divide, multiply, negate } from '../operators/arithmetic.js';
import { ordered } from '../operators/compare.js';
import { fixed, roundFloat } from '../operators/floats.js';
import { iterable } from '../operators/iterate.js';
import { finiteFloat, floatOf, intOf, normal, powerNumbers } from '../operators/numbers.js';
import { reprText } from '../operators/print.js';
import { strip } from '../operators/text.js';
import { truth } from '../operators/truth.js';
import { isInt, isNumber, isText, type Num, textOf, typeOf } from '../operators/types.js';
import type { NamedFunction } from '../running.js';
import { Undefined } from '../values/undefined.js';
import type { Value } from '../values/value.js';
import { argumentError, attributeGetter, count } from './common.js';

/** `float(value)` */
function toFloat(value: Value): number {
  if (isNumber(value)) {
    return floatOf(value);
  }
  if (value instanceof Undefined) {
    throw value.failure();
  }
  if (!isText(value)) {
    throw typeError(`float() argument must be a string or a real number, not '${typeOf(value)}'`);
  }
  const text = strip(textOf(value));
  refuseForeignDigits(text);
  if (/^[+-]?(?:inf(?:inity)?|nan)$/i.test(text)) {
    throw notSupported('an infinite float, or one that is not a number,');
  }
  if (
    // Every character has one way to be read: a point that may be left out between digits would
    // have the pattern try each place for it.
    !/^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i.test(
      text,
    )
  ) {
    throw valueError(`could not convert string to float: ${reprText(textOf(value))}`);
  }
  return finiteFloat(Number(text.replaceAll('_', ''))).value;
}

function refuseForeignDigits(text: string): void {
  if (/[^\0-\x7f]/.test(text) && /\p{Nd}/u.test(text.replace(/[0-9]/g, ''))) {
    throw notSupported('a number in other than ASCII digits');
  }
}

const prefixes: ReadonlyMap<number, string> = new Map([
  [2, 'b'],
  [8, 'o'],
  [16, 'x'],
]);

/** `int(text, base)` */
function parseInteger(original: string, base: number): Value {
  const failure = () =>
    valueError(`invalid literal for int() with base ${base}: ${reprText(original)}`);
  if (base !== 0 && (base < 2 || base > 36)) {
    throw valueError('int() base must be >= 2 and <= 36, or 0');
  }
  const text = strip(original);
  refuseForeignDigits(text);
  const match = /^([+-]?)(0[box](?=_?[0-9a-z]))?(_?[0-9a-z]+(?:_[0-9a-z]+)*)$/i.exec(text);
  if (match === null) {
    throw failure();
  }
  const [, sign = '', given = '', rest = ''] = match;
  const letter = given.charAt(1).toLowerCase();
  let digits = rest;
  let radix = base;
  if (given !== '') {
    const named = [...prefixes].find(([, prefix]) => prefix === letter)?.[0] ?? 10;
    if (base === 0 || base === named) {
      radix = named;
    } else {
      digits = given + rest;
    }
  }
  if (digits.startsWith('_') && given === '') {
    throw failure();
  }
  digits = digits.replaceAll('_', '').toLowerCase();
  if (radix === 0) {
    if (/^0+[1-9a-z]/.test(digits)) {
      throw failure();
    }
    radix = 10;
  }
  if (digits.length > 4300) {
    throw notSupported('an integer of more than 4300 digits');
  }
  let value = 0n;
  for (const digit of digits) {
    const weight = Number.parseInt(digit, 36);
    if (weight >= radix) {
      throw failure();
    }
    value = value * BigInt(radix) + BigInt(weight);
  }
  return normal(sign === '-' ? -value : value);
}

/** `int(value)` of a number. */
function truncated(value: Value): Value {
  if (isInt(value)) {
    return intOf(value);
  }
  if (value instanceof Float) {
    return normal(truncateFloat(value));
  }
  if (value instanceof Undefined) {
    throw value.failure();
  }
  throw typeError(
    `int() argument must be a string, a bytes-like object or a real number, not '${typeOf(value)}'`,
  );
}

function toInteger(value: Value, otherwise: Value, base: Value): Value {
  try {
    return isText(value) ? parseInteger(textOf(value), count(base)) : truncated(value);
  } catch (thrown) {
    if (!isFailure(thrown, 'TypeError', 'ValueError')) {
      throw thrown;
    }
  }
  try {
    return truncated(new Float(toFloat(value)));
  } catch (thrown) {
    if (!isFailure(thrown, 'TypeError', 'ValueError')) {
      throw thrown;
    }
    return otherwise;
  }
}

/** `round(value, precision)` of an int: only a negative precision changes it. */
function roundInteger(value: bigint, precision: number): Value {
  if (precision >= 0) {
    return normal(value);
  }
  if (precision < -400) {
    return 0;
  }
  const unit = 10n ** BigInt(-precision);
  const remainder = ((value % unit) + unit) % unit;
  const floor = value - remainder;
  const twice = remainder * 2n;
  const up = twice > unit || (twice === unit && (floor / unit) % 2n !== 0n);
  return normal(up ? floor + unit : floor);
}

function round(value: Value, precision: Value, method: Value): Value {
  if (method !== 'common' && method !== 'ceil' && method !== 'floor') {
    throw argumentError('method must be common, ceil or floor');
  }
  if (method !== 'common') {
    return roundTowards(value, precision, method);
  }
  if (!isNumber(value)) {
    throw typeError(`type ${typeOf(value)} doesn't define __round__ method`);
  }
  if (precision === null) {
    return roundToInteger(value);
  }
  const places = count(precision);
  if (value instanceof Float) {
    return new Float(roundFloat(value.value, places));
  }
  return roundInteger(BigInt(intOf(value)), places);
}

function roundToInteger(value: Num): Value {
  if (isInt(value)) {
    return intOf(value);
  }
  return truncated(new Float(roundFloat(value.value, 0)));
}

function roundTowards(value: Value, precision: Value, method: 'ceil' | 'floor'): Value {
  if (!isNumber(precision)) {
    throw typeError('the precision must be a number');
  }
  const unit = powerNumbers(10, precision);
  const scaled = multiply(value, unit);
  if (!isNumber(scaled)) {
    throw typeError(`must be real number, not ${typeOf(scaled)}`);
  }
  if (isInt(scaled)) {
    return divide(scaled, unit);
  }
  const whole = method === 'ceil' ? Math.ceil(scaled.value) : Math.floor(scaled.value);
  return divide(truncated(new Float(whole)), unit);
}

function fileSize(value: Value, binary: boolean): string {
  const bytes = toFloat(value);
  const base = binary ? 1024 : 1000;
  if (bytes === 1) {
    return '1 Byte';
  }
  if (bytes < base) {
    return `${String(truncateFloat(new Float(bytes)))} Bytes`;
  }
  const prefixes = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
  for (const [index, prefix] of prefixes.entries()) {
    const unit = Number(BigInt(base) ** BigInt(index + 2));
    if (bytes < unit || index === prefixes.length - 1) {
      const amount = (base * bytes) / unit;
      const digits = Number.isFinite(amount)
        ? fixed(amount, 1)
        : String(amount).slice(0, 3).toLowerCase();
      return `${digits} ${binary ? `${prefix.toUpperCase()}iB` : `${prefix}B`}`;
    }
  }
  return '';
}

/** `sum(values, start)`; Python 3.12 adds floats more exactly than the versions before it. */
function sum(values: Value, attribute: Value, start: Value): Value {
  if (isText(start)) {
    throw typeError("sum() can't sum strings [use ''.join(seq) instead]");
  }
  const get = attributeGetter(attribute);
  let total: Value = start;
  const floats: number[] = [];
  for (const item of iterable(values)) {
    const value = get(item);
    total = add(total, value);
    if (isNumber(value)) {
      floats.push(floatOf(value));
    }
  }
  if (total instanceof Float && floats.length > 1) {
    const exact = compensated(isNumber(start) ? [floatOf(start), ...floats] : floats);
    if (!Object.is(exact, total.value) && Number.isFinite(exact)) {
      throw notSupported('this sum of floats, which versions of Python round differently,');
    }
  }
  return total;
}

/** Neumaier's summation, as Python 3.12 does it. */
function compensated(values: readonly number[]): number {
  let total = 0;
  let correction = 0;
  for (const value of values) {
    const next = total + value;
    correction += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + correction;
}

function absolute(value: Value): Value {
  if (!isNumber(value)) {
    throw typeError(`bad operand type for abs(): '${typeOf(value)}'`);
  }
  if (value instanceof Float) {
    return new Float(Math.abs(value.value));
  }
  return ordered('<', value, 0) ? negate(value) : intOf(value);
}

export const numberFilters: readonly (readonly [string, NamedFunction])[] = [
  ['abs', named('abs', 'x', 1, ([x = null]) => absolute(x))],
  [
    'float',
    named('do_float', 'value default', 1, ([value = null, otherwise = new Float(0)]) => {
      try {
        return new Float(toFloat(value));
      } catch (thrown) {
        if (!isFailure(thrown, 'TypeError', 'ValueError')) {
          throw thrown;
        }
        return otherwise;
      }
    }),
  ],
  [
    'int',
    named('do_int', 'value default base', 1, ([value = null, otherwise = 0, base = 10]) =>
      toInteger(value, otherwise, base),
    ),
  ],
  [
    'round',
    named(
      'do_round',
      'value precision method',
      1,
      ([value = null, precision = 0, method = 'common']) => round(value, precision, method),
    ),
  ],
  [
    'sum',
    named(
      'sync_do_sum',
      'iterable attribute start',
      1,
      ([values = null, attribute = null, start = 0]) => sum(values, attribute, start),
    ),
  ],
  [
    'filesizeformat',
    named('do_filesizeformat', 'value binary', 1, ([value = null, binary = false]) =>
      fileSize(value, truth(binary)),
    ),
  ],
];
