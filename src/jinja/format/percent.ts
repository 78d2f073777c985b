import { Float } from '#core/data/data.js';
import { fail, notSupported, typeError, valueError } from '../errors.js';
import { checked, checkLength, checkRepetition } from '../limits.js';
import { pad } from '../methods/parts.js';
import { floatOf, intOf, normal } from '../operators/numbers.js';
import { repr, str } from '../operators/print.js';
import { lengthOf, substring } from '../operators/text.js';
import { isInt, isNumber, isText, textOf, typeOf } from '../operators/types.js';
import { Dict } from '../values/dict.js';
import { List, Tuple } from '../values/list.js';
import { Range } from '../values/range.js';
import { Undefined } from '../values/undefined.js';
import type { Value } from '../values/value.js';
import { basePrefix, floatDigits, integerDigits } from './number.js';

const conversion = /%(?:\(([^()]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?([\s\S])?/gu;

interface Directive {
  readonly left: boolean;
  readonly sign: string;
  readonly alternate: boolean;
  readonly zero: boolean;
  readonly width: number;
  readonly precision: number | undefined;
}

/** `format % values`, the notation of C's printf. */
export function percentFormat(format: string, values: Value): string {
  const args = new Arguments(values);
  let result = '';
  let end = 0;
  for (const match of format.matchAll(conversion)) {
    result += format.slice(end, match.index);
    end = match.index + match[0].length;
    const [, key, flags = '', width, precision, type] = match;
    if (type === '(') {
      throw notSupported('such a key in a format');
    }
    if (type === '%' && match[0] !== '%%') {
      throw notSupported('a format of the percent sign itself');
    }
    const value = key === undefined ? undefined : args.named(key);
    const star = width === '*' ? args.integer() : undefined;
    const directive: Directive = {
      left: flags.includes('-') || (star ?? 0) < 0,
      sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '',
      alternate: flags.includes('#'),
      zero: flags.includes('0'),
      width: Math.abs(star ?? Number(width ?? 0)),
      precision:
        precision === undefined
          ? undefined
          : Math.max(0, precision === '*' ? args.integer() : Number(precision)),
    };
    if (type === undefined) {
      throw valueError('incomplete format');
    }
    if (type === '%') {
      result += '%';
      continue;
    }
    if (!'diouxXeEfFgGcrsa'.includes(type)) {
      throw valueError(
        `unsupported format character '${type}' (0x${type.codePointAt(0)?.toString(16)}) at index ${end - 1}`,
      );
    }
    result += convert(value === undefined ? args.next() : value, type, directive);
    checkLength(result.length);
  }
  args.finish();
  return checked(result + format.slice(end));
}

/** The right-hand side: a tuple's elements in turn, a mapping's by name, or one value. */
class Arguments {
  readonly #values: readonly Value[];
  readonly #whole: Value;
  #used = 0;
  #usesNames = false;

  constructor(values: Value) {
    this.#whole = values;
    this.#values = values instanceof Tuple ? values.items : [values];
  }
  next(): Value {
    const value = this.#usesNames ? undefined : this.#values[this.#used++];
    if (value === undefined) {
      throw typeError('not enough arguments for format string');
    }
    return value;
  }
  integer(): number {
    const value = this.next();
    if (!isInt(value)) {
      throw typeError('* wants int');
    }
    return Number(value);
  }
  named(key: string): Value {
    if (this.#whole instanceof Undefined) {
      throw this.#whole.failure();
    }
    if (!(this.#whole instanceof Dict)) {
      throw typeError('format requires a mapping');
    }
    this.#usesNames = true;
    const value = this.#whole.get(key);
    if (value === undefined) {
      throw fail('KeyError', repr(key));
    }
    return value;
  }
  finish(): void {
    // Whatever has items by key counts as a mapping, which may go unused.
    const whole = this.#whole;
    const isMapping =
      whole instanceof Dict ||
      whole instanceof List ||
      whole instanceof Range ||
      whole instanceof Undefined;
    if (!isMapping && this.#used < this.#values.length) {
      throw typeError('not all arguments converted during string formatting');
    }
  }
}

function convert(value: Value, type: string, directive: Directive): string {
  switch (type) {
    case 's':
      return padded('', truncated(str(value), directive), directive, false);
    case 'r':
      return padded('', truncated(repr(value), directive), directive, false);
    case 'a':
      throw notSupported('the conversion %a');
    case 'c':
      return padded('', character(value), directive, false);
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return integer(value, type, directive);
    default:
      return float(value, type, directive);
  }
}

function truncated(text: string, { precision }: Directive): string {
  if (precision === undefined || lengthOf(text) <= precision) {
    return text;
  }
  return substring(text, 0, precision);
}

function padded(sign: string, body: string, directive: Directive, numeric: boolean): string {
  const { left, width, zero } = directive;
  if (numeric && zero && !left) {
    return sign + pad(body, width - sign.length, '0', (missing) => missing);
  }
  return pad(sign + body, width, ' ', (missing) => (left ? 0 : missing));
}

function character(value: Value): string {
  if (isText(value) && lengthOf(textOf(value)) === 1) {
    return textOf(value);
  }
  if (!isInt(value)) {
    throw typeError('%c requires int or char');
  }
  const code = Number(value);
  if (code < 0 || code > 0x10ffff) {
    throw fail('OverflowError', '%c arg not in range(0x110000)');
  }
  if (code >= 0xd800 && code < 0xe000) {
    throw notSupported('a lone surrogate');
  }
  return String.fromCodePoint(code);
}

function integer(value: Value, type: string, directive: Directive): string {
  const decimal = 'diu'.includes(type);
  const number = isInt(value)
    ? BigInt(intOf(value))
    : decimal && value instanceof Float
      ? truncateFloat(value)
      : undefined;
  if (number === undefined) {
    throw typeError(
      `%${type} format: ${decimal ? 'a real number' : 'an integer'} is required, not ${typeOf(value)}`,
    );
  }
  const digits = integerDigits(number < 0n ? -number : number, decimal ? 'd' : type);
  const prefix = directive.alternate ? basePrefix(type) : '';
  if (directive.precision !== undefined) {
    checkRepetition(directive.precision);
  }
  const body = digits.padStart(directive.precision ?? 0, '0');
  return padded((number < 0n ? '-' : directive.sign) + prefix, body, directive, true);
}

/** `int(value)` of a float. */
export function truncateFloat(value: Float): bigint {
  if (Number.isNaN(value.value)) {
    throw valueError('cannot convert float NaN to integer');
  }
  if (!Number.isFinite(value.value)) {
    throw fail('OverflowError', 'cannot convert float infinity to integer');
  }
  return BigInt(normal(BigInt(Math.trunc(value.value))));
}

function float(value: Value, type: string, directive: Directive): string {
  if (!isNumber(value)) {
    throw typeError(`must be real number, not ${typeOf(value)}`);
  }
  const number = floatOf(value);
  const negative = number < 0 || Object.is(number, -0);
  const digits = floatDigits(Math.abs(number), { ...directive, type });
  return padded(negative ? '-' : directive.sign, digits, directive, true);
}
