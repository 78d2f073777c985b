import { notSupported } from '../errors.js';
import { checkRepetition } from '../limits.js';
import { fixed, reprFloat, scientific } from '../operators/floats.js';

/** How a number is to be written, whichever of Python's two notations asked for it. */
export interface NumberStyle {
  /** One of `b d o x X e E f F g G %`, or empty for the shortest float. */
  readonly type: string;
  readonly precision: number | undefined;
  readonly alternate: boolean;
}

/** The digits of a non-negative integer in the base that the type names. */
export function integerDigits(value: bigint, type: string): string {
  switch (type) {
    case 'b':
      return value.toString(2);
    case 'o':
      return value.toString(8);
    case 'x':
      return value.toString(16);
    case 'X':
      return value.toString(16).toUpperCase();
    default:
      return value.toString();
  }
}

export function basePrefix(type: string): string {
  return type === 'b' || type === 'o' || type === 'x' || type === 'X' ? `0${type}` : '';
}

/** A non-negative float (its sign is the caller's) in one of Python's float notations. */
export function floatDigits(value: number, style: NumberStyle): string {
  const { type, precision, alternate } = style;
  if (alternate) {
    throw notSupported('"#" in the format of a float');
  }
  if (precision !== undefined) {
    checkRepetition(precision);
  }
  if (precision !== undefined && precision > 1000) {
    throw notSupported('a format with more than 1000 decimals');
  }
  const upper = type === 'E' || type === 'F' || type === 'G';
  const amount = type === '%' ? value * 100 : value;
  const text = Number.isFinite(amount)
    ? finiteDigits(amount, type.toLowerCase(), precision)
    : Number.isNaN(amount)
      ? 'nan'
      : 'inf';
  return (upper ? text.toUpperCase() : text) + (type === '%' ? '%' : '');
}

function finiteDigits(value: number, type: string, precision: number | undefined): string {
  switch (type) {
    case 'f':
    case '%':
      return fixed(value, precision ?? 6);
    case 'e':
      return exponential(value, precision ?? 6);
    case 'g':
    case 'n':
      return general(value, precision ?? 6, false);
    default:
      return precision === undefined ? reprFloat(value) : general(value, precision, true);
  }
}

function exponential(value: number, precision: number): string {
  const { digits, exponent } = scientific(value, precision);
  return withExponent(digits, exponent);
}

function withExponent(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const sign = exponent < 0 ? '-' : '+';
  return `${digits.charAt(0)}${fraction}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** `%g`; with `keepPoint`, as a float without a type but with a precision: `1.0`, never `1`. */
function general(value: number, wanted: number, keepPoint: boolean): string {
  const precision = wanted === 0 ? 1 : wanted;
  const { digits, exponent } = scientific(value, precision - 1);
  const significant = digits.replace(/0+$/, '') || '0';
  // Without a type, the exponent comes in one digit earlier, so that "1e+01" is not "10.0".
  if (exponent < -4 || exponent >= precision - (keepPoint ? 1 : 0)) {
    return withExponent(significant, exponent);
  }
  if (exponent < 0) {
    return `0.${'0'.repeat(-exponent - 1)}${significant}`;
  }
  const whole = significant.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = significant.slice(exponent + 1);
  if (fraction === '') {
    return keepPoint ? `${whole}.0` : whole;
  }
  return `${whole}.${fraction}`;
}
