import { Float } from '#core/data/data.js';
import { checked, checkLength, step } from '../limits.js';
import { lazily } from '../pattern.js';
import { Obj, type Value } from '../values/value.js';
import { reprFloat } from './floats.js';
import { settled } from './unicode.js';

/** `str(value)`, which is also how a template prints it. */
export function str(value: Value): string {
  if (typeof value === 'string') {
    return value;
  }
  if (value instanceof Obj) {
    return checked(value.str());
  }
  return scalar(value);
}

/** `repr(value)` */
export function repr(value: Value): string {
  if (typeof value === 'string') {
    return reprText(settled(value));
  }
  if (value instanceof Obj) {
    return checked(value.repr());
  }
  return scalar(value);
}

function scalar(value: null | boolean | number | bigint | Float): string {
  if (value === null) {
    return 'None';
  }
  if (value === true) {
    return 'True';
  }
  if (value === false) {
    return 'False';
  }
  if (value instanceof Float) {
    return reprFloat(value.value);
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    return value.toString();
  }
  throw new Error('this is not a value of a template');
}

// What Python does not count as printable, beside the quote in use and the backslash.
const escaped = lazily(String.raw`[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}`, 'gu');
const plain = /^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/;
const named: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** `repr` of a str: in single quotes, unless it holds those and no double ones. */
export function reprText(text: string): string {
  checkLength(text.length);
  if (plain.test(text)) {
    return `'${text}'`;
  }
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(escaped(), escapeCharacter);
  return `${quote}${quote === "'" ? body.replaceAll("'", "\\'") : body}${quote}`;
}

function escapeCharacter(character: string): string {
  step();
  const short = named.get(character);
  if (short !== undefined) {
    return short;
  }
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x100) {
    return `\\x${digits.padStart(2, '0')}`;
  }
  if (code < 0x10000) {
    return `\\u${digits.padStart(4, '0')}`;
  }
  return `\\U${digits.padStart(8, '0')}`;
}
