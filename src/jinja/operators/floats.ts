import { fail } from '../errors.js';

/** `repr` of a Python float: the shortest digits that read back, `1e+16` from 16 digits on. */
export function reprFloat(value: number): string {
  if (Number.isNaN(value)) {
    return 'nan';
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? 'inf' : '-inf';
  }
  if (value === 0) {
    return Object.is(value, -0) ? '-0.0' : '0.0';
  }
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? '-' : '+';
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const negative = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) {
    return `${negative}0.${'0'.repeat(-exponent - 1)}${digits}`;
  }
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${negative}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** A finite float as the exact fraction `numerator / 2 ** shift` (or `numerator * 2 ** -shift`). */
function dissect(value: number): { numerator: bigint; shift: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const numerator = exponent === 0 ? fraction : fraction | (1n << 52n);
  const shift = 1075 - Math.max(exponent, 1);
  return { numerator: value < 0 || Object.is(value, -0) ? -numerator : numerator, shift };
}

/** `numerator / denominator` to the nearest integer, ties to the even one; denominator positive. */
function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n;
  const positive = negative ? -numerator : numerator;
  let quotient = positive / denominator;
  const twice = (positive % denominator) * 2n;
  if (twice > denominator || (twice === denominator && quotient % 2n === 1n)) {
    quotient++;
  }
  return negative ? -quotient : quotient;
}

/** The value times 10 ** places, rounded to an integer: exactly, ties to even, as Python does. */
function scaled(value: number, places: number): bigint {
  const { numerator, shift } = dissect(value);
  let top = numerator;
  let bottom = 1n;
  if (shift >= 0) {
    bottom <<= BigInt(shift);
  } else {
    top <<= BigInt(-shift);
  }
  if (places >= 0) {
    top *= 10n ** BigInt(places);
  } else {
    bottom *= 10n ** BigInt(-places);
  }
  return roundedQuotient(top, bottom);
}

/** The digits of a non-negative finite float with `places` decimals, as `%.{places}f` prints it. */
export function fixed(value: number, places: number): string {
  const digits = scaled(value, places)
    .toString()
    .padStart(places + 1, '0');
  if (places === 0) {
    return digits;
  }
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Mantissa digits (`precision + 1` of them) and exponent of a non-negative finite float. */
export function scientific(value: number, precision: number): { digits: string; exponent: number } {
  if (value === 0) {
    return { digits: '0'.repeat(precision + 1), exponent: 0 };
  }
  // Short digits may stand for a value a little below a power of ten, as 1e23 does.
  let exponent = Number(value.toExponential(20).split('e')[1]);
  let digits = scaled(value, precision - exponent).toString();
  if (digits.length > precision + 1) {
    exponent++;
    digits = scaled(value, precision - exponent).toString();
  }
  return { digits, exponent };
}

/** `round(value, places)` of a float. */
export function roundFloat(value: number, places: number): number {
  if (!Number.isFinite(value) || value === 0 || places > 323) {
    return value;
  }
  if (places < -308) {
    return value < 0 ? -0 : 0;
  }
  const digits = scaled(value, places);
  const rounded = Number(`${digits}e${-places}`);
  if (!Number.isFinite(rounded)) {
    throw fail('OverflowError', 'rounded value too large to represent');
  }
  return digits === 0n && value < 0 ? -0 : rounded;
}

/** The float nearest to a fraction of integers, as exact arithmetic gives it. */
export function nearestFloat(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) {
    return 0;
  }
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  // 66 bits of quotient are enough for one rounding to 53, with a last bit that tells "and more".
  const shift = 66 - (top.toString(2).length - bottom.toString(2).length);
  const scaledTop = shift > 0 ? top << BigInt(shift) : top;
  const scaledBottom = shift > 0 ? bottom : bottom << BigInt(-shift);
  let quotient = scaledTop / scaledBottom;
  if (scaledTop % scaledBottom !== 0n) {
    quotient |= 1n;
  }
  const magnitude = scaleByPowerOfTwo(Number(quotient), -shift);
  return negative ? -magnitude : magnitude;
}

function scaleByPowerOfTwo(value: number, power: number): number {
  if (power < -1022) {
    return value * 2 ** -1022 * 2 ** (power + 1022);
  }
  if (power > 1023) {
    return value * 2 ** 1023 * 2 ** (power - 1023);
  }
  return value * 2 ** power;
}

/** A finite float as numerator and (power-of-two) denominator. */
export function fractionOf(value: number): { numerator: bigint; denominator: bigint } {
  const { numerator, shift } = dissect(value);
  return shift >= 0
    ? { numerator, denominator: 1n << BigInt(shift) }
    : { numerator: numerator << BigInt(-shift), denominator: 1n };
}
