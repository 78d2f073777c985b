import { typeError, valueError } from '../errors.js';
import { List, Tuple } from '../values/list.js';
import { Markup } from '../values/markup.js';
import { Range } from '../values/range.js';
import { Undefined } from '../values/undefined.js';
import type { Value } from '../values/value.js';
import { isWide } from './text.js';
import { isInt, isText, textOf, typeOf } from './types.js';

/** `items[key]` for an integer within bounds, else undefined, after which Jinja2 continues looking. */
export function sequenceItem(items: readonly Value[], key: Value): Value | undefined {
  if (!isInt(key)) {
    return undefined;
  }
  const index = Number(key);
  return items[index < 0 ? items.length + index : index];
}

/** `text[key]` */
export function characterOf(text: string, key: Value): string | undefined {
  if (!isInt(key)) {
    return undefined;
  }
  const index = Number(key);
  if (!isWide(text)) {
    return text[index < 0 ? text.length + index : index];
  }
  return Array.from(text).at(index);
}

function bound(value: Value): number | undefined {
  if (value === null) {
    return undefined;
  }
  if (isInt(value)) {
    return Number(value);
  }
  throw typeError('slice indices must be integers or None or have an __index__ method');
}

/** What `[start:stop:step]` means for `length` elements: from, up to but without, in strides. */
function sliceBounds(length: number, start: Value, stop: Value, step: Value) {
  const stride = bound(step) ?? 1;
  if (stride === 0) {
    throw valueError('slice step cannot be zero');
  }
  const [low, high] = stride > 0 ? [0, length] : [-1, length - 1];
  const clamp = (value: number | undefined, otherwise: number) =>
    value === undefined
      ? otherwise
      : Math.min(Math.max(value < 0 ? value + length : value, low), high);
  return {
    from: clamp(bound(start), stride > 0 ? low : high),
    to: clamp(bound(stop), stride > 0 ? high : low),
    stride,
  };
}

/** `value[start:stop:step]` */
export function slice(value: Value, start: Value, stop: Value, step: Value): Value {
  const pick = <T>(items: readonly T[], of: (picked: T[]) => Value): Value => {
    const { from, to, stride } = sliceBounds(items.length, start, stop, step);
    if (stride === 1) {
      return of(items.slice(from, Math.max(from, to)));
    }
    const picked: T[] = [];
    for (let index = from; stride > 0 ? index < to : index > to; index += stride) {
      const item = items[index];
      if (item !== undefined) {
        picked.push(item);
      }
    }
    return of(picked);
  };
  if (isText(value)) {
    const text = textOf(value);
    const characters = isWide(text) ? Array.from(text) : text.split('');
    return pick(characters, (picked) =>
      value instanceof Markup ? new Markup(picked.join('')) : picked.join(''),
    );
  }
  if (value instanceof List) {
    return pick(value.items, (picked) => new List(picked));
  }
  if (value instanceof Tuple) {
    return pick(value.items, (picked) => new Tuple(picked));
  }
  if (value instanceof Range) {
    return sliceRange(value, start, stop, step);
  }
  if (value instanceof Undefined) {
    throw value.failure();
  }
  if (typeOf(value) === 'dict') {
    throw typeError("unhashable type: 'slice'");
  }
  throw typeError(`'${typeOf(value)}' object is not subscriptable`);
}

function sliceRange(range: Range, start: Value, stop: Value, step: Value): Range {
  const { from, to, stride } = sliceBounds(range.size, start, stop, step);
  return new Range(range.at(from), range.at(to), stride * range.stride);
}
