import { Float } from '#core/data/data.js';
import { notSupported, typeError } from '../errors.js';
import { checkLength, checkRepetition, deeper, step } from '../limits.js';
import { reprFloat } from '../operators/floats.js';
import { sorted } from '../operators/sort.js';
import { isInt, isText, textOf, typeOf } from '../operators/types.js';
import { Dict } from '../values/dict.js';
import { List, Tuple } from '../values/list.js';
import { Markup } from '../values/markup.js';
import type { Value } from '../values/value.js';

const unsafe: ReadonlyMap<string, string> = new Map([
  ['<', '\\u003c'],
  ['>', '\\u003e'],
  ['&', '\\u0026'],
  ["'", '\\u0027'],
]);

/** `json.dumps(value, sort_keys=True, indent=…)`, made safe to be in HTML. */
export function toJson(value: Value, indent: Value): Markup {
  let unit: string | undefined;
  if (isText(indent)) {
    unit = textOf(indent);
  } else if (isInt(indent)) {
    checkRepetition(Number(indent));
    unit = ' '.repeat(Math.max(0, Number(indent)));
  } else if (indent !== null) {
    throw notSupported('such an indent of tojson');
  }
  const json = write(value, unit, '');
  return new Markup(json.replace(/[<>&']/g, (character) => unsafe.get(character) ?? ''));
}

function write(value: Value, unit: string | undefined, margin: string): string {
  step();
  if (isText(value)) {
    return quoted(textOf(value));
  }
  if (value === null) {
    return 'null';
  }
  if (typeof value === 'boolean' || isInt(value)) {
    return String(value);
  }
  if (value instanceof Float) {
    return number(value.value);
  }
  if (value instanceof List || value instanceof Tuple) {
    return enclosed('[', ']', value.items, unit, margin, (item, inner) => write(item, unit, inner));
  }
  if (value instanceof Dict) {
    const keys = sorted(value.keys());
    return enclosed('{', '}', keys, unit, margin, (key, inner) => {
      const item = value.get(key);
      return `${quoted(keyText(key))}: ${write(item === undefined ? null : item, unit, inner)}`;
    });
  }
  throw typeError(`Object of type ${typeOf(value)} is not JSON serializable`);
}

function enclosed(
  open: string,
  close: string,
  items: readonly Value[],
  unit: string | undefined,
  margin: string,
  one: (item: Value, inner: string) => string,
): string {
  if (items.length === 0) {
    return open + close;
  }
  return deeper(() => {
    const inner = unit === undefined ? '' : margin + unit;
    const parts = items.map((item) => one(item, inner));
    const text =
      unit === undefined
        ? open + parts.join(', ') + close
        : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
    checkLength(text.length);
    return text;
  });
}

function keyText(key: Value): string {
  if (isText(key)) {
    return textOf(key);
  }
  if (key === null) {
    return 'null';
  }
  if (typeof key === 'boolean' || isInt(key)) {
    return String(key);
  }
  if (key instanceof Float) {
    return number(key.value);
  }
  throw typeError(`keys must be str, int, float, bool or None, not ${typeOf(key)}`);
}

function number(value: number): string {
  if (Number.isNaN(value)) {
    return 'NaN';
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? 'Infinity' : '-Infinity';
  }
  return reprFloat(value);
}

/** A JSON string of ASCII only. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, (character) => {
    step();
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
