import { Float } from '#core/data/data.js';
import { notSupported, typeError, valueError } from '../errors.js';
import { pad } from '../methods/parts.js';
import { floatOf, intOf } from '../operators/numbers.js';
import { str } from '../operators/print.js';
import { lengthOf, substring } from '../operators/text.js';
import { isInt, isText, type Num, textOf, typeOf } from '../operators/types.js';
import type { Value } from '../values/value.js';
import { basePrefix, floatDigits, integerDigits } from './number.js';

interface Spec {
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly alternate: boolean;
  readonly zero: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

const pattern =
  /^(?:(?<fill>[\s\S])?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?(?<width>\d+)?(?<grouping>[,_])?(?:\.(?<precision>\d+))?(?<type>[\s\S])?$/u;

function parse(spec: string, value: Value): Spec {
  const groups = pattern.exec(spec)?.groups;
  if (groups === undefined && spec.includes('z')) {
    throw notSupported("the option 'z' of a format");
  }
  if (groups === undefined) {
    throw valueError(`Invalid format specifier '${spec}' for object of type '${typeOf(value)}'`);
  }
  return {
    fill: groups.fill ?? (groups.zero === undefined ? ' ' : '0'),
    align: groups.align ?? '',
    sign: groups.sign ?? '',
    alternate: groups.alternate !== undefined,
    zero: groups.zero !== undefined,
    width: Number(groups.width ?? 0),
    grouping: groups.grouping ?? '',
    precision: groups.precision === undefined ? undefined : Number(groups.precision),
    type: groups.type ?? '',
  };
}

/** `format(value, spec)`, Python's format specification language. */
export function formatValue(value: Value, spec: string): string {
  if (spec === '') {
    return str(value);
  }
  if (isText(value)) {
    return formatText(textOf(value), parse(spec, value));
  }
  if (isInt(value) || value instanceof Float) {
    return formatNumber(value, parse(spec, value));
  }
  throw typeError(`unsupported format string passed to ${typeOf(value)}.__format__`);
}

function formatText(text: string, spec: Spec): string {
  if (spec.type !== '' && spec.type !== 's') {
    throw valueError(`Unknown format code '${spec.type}' for object of type 'str'`);
  }
  if (spec.sign !== '') {
    throw valueError('Sign not allowed in string format specifier');
  }
  if (spec.alternate) {
    throw valueError('Alternate form (#) not allowed in string format specifier');
  }
  if (spec.align === '=') {
    throw valueError("'=' alignment not allowed in string format specifier");
  }
  if (spec.grouping !== '') {
    throw valueError(`Cannot specify '${spec.grouping}' with 's'.`);
  }
  const shown =
    spec.precision === undefined || lengthOf(text) <= spec.precision
      ? text
      : substring(text, 0, spec.precision);
  return aligned('', shown, spec, '<');
}

function aligned(sign: string, body: string, spec: Spec, byDefault: string): string {
  const fillsZero = spec.zero && spec.align === '' && byDefault === '>';
  const align = spec.align !== '' ? spec.align : fillsZero ? '=' : byDefault;
  if (align === '=') {
    return sign + pad(body, spec.width - sign.length, spec.fill, (missing) => missing);
  }
  return pad(sign + body, spec.width, spec.fill, (missing) =>
    align === '<' ? 0 : align === '^' ? missing >> 1 : missing,
  );
}

function formatNumber(value: Num, spec: Spec): string {
  const { type } = spec;
  if ('eEfFgG%'.includes(type) && type !== '') {
    return formatFloat(floatOf(value), spec);
  }
  if (type === 'z') {
    throw notSupported("the option 'z' of a format");
  }
  if (type === 'n') {
    throw notSupported("the format code 'n', which depends on the locale,");
  }
  if (value instanceof Float) {
    if (type !== '') {
      throw valueError(`Unknown format code '${type}' for object of type 'float'`);
    }
    return formatFloat(value.value, spec);
  }
  if (!'bcdoxX'.includes(type)) {
    throw valueError(`Unknown format code '${type}' for object of type '${typeOf(value)}'`);
  }
  if (spec.precision !== undefined) {
    throw valueError('Precision not allowed in integer format specifier');
  }
  const number = BigInt(intOf(value));
  if (type === 'c') {
    return formatCharacter(number, spec);
  }
  const digits = integerDigits(number < 0n ? -number : number, type);
  if (spec.grouping === ',' && type !== 'd' && type !== '') {
    throw valueError(`Cannot specify ',' with '${type}'.`);
  }
  const prefix = spec.alternate ? basePrefix(type) : '';
  const size = type === '' || type === 'd' ? 3 : 4;
  return grouped(signOf(number < 0n, spec) + prefix, digits, '', size, spec);
}

function formatCharacter(number: bigint, spec: Spec): string {
  if (spec.sign !== '') {
    throw valueError("Sign not allowed with integer format specifier 'c'");
  }
  if (spec.alternate) {
    throw valueError("Alternate form (#) not allowed with integer format specifier 'c'");
  }
  if (number < 0n || number > 0x10ffffn || (number >= 0xd800n && number < 0xe000n)) {
    throw notSupported("the format code 'c' of such a number");
  }
  return aligned('', String.fromCodePoint(Number(number)), spec, '>');
}

function formatFloat(value: number, spec: Spec): string {
  const negative = value < 0 || Object.is(value, -0);
  const text = floatDigits(Math.abs(value), spec);
  const [, whole = '', rest = ''] = /^(\d+)(.*)$/.exec(text) ?? [];
  if (whole === '') {
    return aligned(signOf(negative, spec), text, spec, '>');
  }
  return grouped(signOf(negative, spec), whole, rest, 3, spec);
}

function signOf(negative: boolean, spec: Spec): string {
  if (negative) {
    return '-';
  }
  return spec.sign === '-' ? '' : spec.sign;
}

function grouped(sign: string, digits: string, rest: string, size: number, spec: Spec): string {
  if (spec.grouping === '') {
    return aligned(sign, digits + rest, spec, '>');
  }
  if (spec.fill === '0' && (spec.align === '=' || spec.align === '')) {
    throw notSupported('a format that both groups digits and fills with zeros');
  }
  const groups: string[] = [];
  for (let start = 0, end = digits.length % size || size; start < digits.length; end += size) {
    groups.push(digits.slice(start, end));
    start = end;
  }
  return aligned(sign, groups.join(spec.grouping) + rest, spec, '>');
}
