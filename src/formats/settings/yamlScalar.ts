import { type Data, Float } from '#core/data/data.js';

/**
 * What a plain (unquoted) YAML scalar means: YAML 1.1 as PyYAML's SafeLoader resolves it, which is
 * what docker-pkg's users have written their configurations for. It differs from the YAML 1.1
 * document in places (`1e3` and `y` are strings, `0o17` too), and those differences are kept.
 */
export type Resolved =
  | { readonly kind: 'value'; readonly value: Data }
  /** PyYAML makes an object of it that templates and JSON cannot hold, or fails. */
  | { readonly kind: 'refused'; readonly why: string };

const bool = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const nothing = /^(?:~|null|Null|NULL|)$/;
const integer =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const float =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const date = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const moment =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt]|[ \t]+)(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d*))?(?:[ \t]*(?:(Z)|([-+])(\d{1,2})(?::(\d{2}))?))?$/;

/** As in Python, where longer ones are an error too: the time to convert one grows with its square. */
const mostDigits = 4300;

export function resolvePlain(text: string): Resolved {
  const first = text.charCodeAt(0);
  // Words that start with a letter are strings far more often than anything else.
  if (bool.test(text)) {
    return value(boolOf(text));
  }
  if (nothing.test(text)) {
    return value(null);
  }
  if (text === '=' || text === '<<') {
    return { kind: 'refused', why: `\`${text}\` alone has a meaning of its own in YAML 1.1` };
  }
  const numeric = (first >= 0x30 && first <= 0x39) || '+-.'.includes(text.charAt(0));
  if (!numeric) {
    return value(text);
  }
  // In PyYAML's order: the float's pattern is tried before the integer's.
  if (float.test(text)) {
    return value(new Float(floatOf(text)));
  }
  if (integer.test(text)) {
    return integerOf(text);
  }
  if (date.test(text) && isDay(text)) {
    // PyYAML makes a date of it, which templates print as it is written.
    return value(text);
  }
  const when = momentOf(text);
  if (when !== undefined) {
    return value(when);
  }
  if (date.test(text) || moment.test(text)) {
    return { kind: 'refused', why: 'it reads as a date, and there is no such date' };
  }
  return value(text);
}

/**
 * A date with a time as templates print what PyYAML makes of it (`str` of a Python datetime);
 * undefined where it is none, or there is no such moment.
 */
function momentOf(text: string): string | undefined {
  const match = moment.exec(text);
  if (match === null) {
    return undefined;
  }
  const two = (part: string | undefined): string => (part ?? '').padStart(2, '0');
  const [, year, month, monthDay, hour, minute, second, fraction = ''] = match;
  const [utc, sign, zoneHour, zoneMinute] = match.slice(8);
  const day = `${year}-${two(month)}-${two(monthDay)}`;
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  // Python's minutes of a zone may be more than 59: they are added up.
  const zone = Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0);
  if (!isDay(day) || !isTime || zone >= 24 * 60) {
    return undefined;
  }
  const micros = fraction.slice(0, 6).padEnd(6, '0');
  const shownZone =
    utc === undefined && sign === undefined
      ? ''
      : `${zone === 0 ? '+' : sign}${two(String(Math.trunc(zone / 60)))}:${two(String(zone % 60))}`;
  const shownFraction = Number(micros) === 0 ? '' : `.${micros}`;
  return `${day} ${two(hour)}:${two(minute)}:${two(second)}${shownFraction}${shownZone}`;
}

/** The scalar under an explicit tag of the core types (`int` for `!!int`), quoted or not. */
export function resolveTagged(type: string, text: string): Resolved {
  switch (type) {
    case 'str':
      return value(text);
    case 'null':
      return value(null);
    case 'bool':
      if (bool.test(text)) {
        return value(boolOf(text));
      }
      break;
    case 'int':
      if (integer.test(text)) {
        return integerOf(text);
      }
      break;
    case 'float':
      if (float.test(text)) {
        return value(new Float(floatOf(text)));
      }
      if (/^[-+]?[0-9]+(?:[eE][-+]?[0-9]+)?$/.test(text)) {
        return value(new Float(Number(text)));
      }
      break;
    default:
      return { kind: 'refused', why: `the tag !!${type} has no meaning in a template` };
  }
  return { kind: 'refused', why: `it is not a valid !!${type}` };
}

/** Whether Python has such a day: its years begin with 1. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return (
    !text.startsWith('0000') && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
  );
}

function value(data: Data): Resolved {
  return { kind: 'value', value: data };
}

function boolOf(text: string): boolean {
  return /^(?:yes|true|on)$/i.test(text);
}

function integerOf(text: string): Resolved {
  if (text.length > mostDigits) {
    return { kind: 'refused', why: `a number has at most ${mostDigits} digits` };
  }
  const negative = text.startsWith('-');
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  const magnitude = magnitudeOf(digits);
  if (magnitude === undefined) {
    return { kind: 'refused', why: 'it is not a complete number' };
  }
  const number = negative ? -magnitude : magnitude;
  const small = Number(number);
  return value(Number.isSafeInteger(small) ? small : number);
}

function magnitudeOf(digits: string): bigint | undefined {
  if (digits.startsWith('0b')) {
    return digits.length > 2 ? BigInt(digits) : undefined;
  }
  if (digits.startsWith('0x')) {
    return digits.length > 2 ? BigInt(digits) : undefined;
  }
  if (digits.includes(':')) {
    return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  }
  return digits.startsWith('0') ? BigInt(`0o${digits}`) : BigInt(digits);
}

function floatOf(text: string): number {
  const plain = text.replaceAll('_', '').toLowerCase();
  const negative = plain.startsWith('-');
  const digits = plain.replace(/^[-+]/, '');
  if (digits === '.nan') {
    return Number.NaN;
  }
  const magnitude = digits === '.inf' ? Number.POSITIVE_INFINITY : sexagesimal(digits);
  return negative ? -magnitude : magnitude;
}

/** Summed from the last part on, as PyYAML does it, so that the rounding is the same. */
function sexagesimal(digits: string): number {
  let sum = 0;
  let base = 1;
  for (const part of digits.split(':').reverse()) {
    sum += Number(part) * base;
    base *= 60;
  }
  return sum;
}
