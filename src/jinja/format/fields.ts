import { fail, notSupported, typeError, valueError } from '../errors.js';
import { checkLength, step, stepThrough } from '../limits.js';
import { getItem } from '../operators/lookup.js';
import { repr, reprText, str } from '../operators/print.js';
import { isText, typeOf } from '../operators/types.js';
import { Dict } from '../values/dict.js';
import { Obj, type Value } from '../values/value.js';
import { formatValue } from './spec.js';

/** `text.format(*args, **keywords)`; without args for `format_map`. */
export function formatFields(
  text: string,
  args: readonly Value[] | undefined,
  keywords: ReadonlyMap<string, Value>,
): string {
  return new Fields(args, keywords).format(text, 2);
}

class Fields {
  readonly #args: readonly Value[] | undefined;
  readonly #keywords: ReadonlyMap<string, Value>;
  #nextIndex = 0;
  #numbering: 'none' | 'automatic' | 'manual' = 'none';

  constructor(args: readonly Value[] | undefined, keywords: ReadonlyMap<string, Value>) {
    this.#args = args;
    this.#keywords = keywords;
  }

  format(text: string, depth: number): string {
    if (depth < 1) {
      throw valueError('Max string recursion exceeded');
    }
    let result = '';
    let at = 0;
    while (at < text.length) {
      const brace = text.slice(at).search(/[{}]/);
      if (brace < 0) {
        return result + text.slice(at);
      }
      result += text.slice(at, at + brace);
      at += brace;
      const character = text.charAt(at);
      if (text.charAt(at + 1) === character) {
        result += character;
        at += 2;
      } else if (character === '}') {
        throw valueError("Single '}' encountered in format string");
      } else {
        const end = fieldEnd(text, at + 1);
        step();
        result += this.#field(text.slice(at + 1, end), depth);
        checkLength(result.length);
        at = end + 1;
      }
    }
    return result;
  }

  #field(field: string, depth: number): string {
    const match = /^([^!:[]*(?:\[[^\]]*\][^!:[]*)*)(?:!([^:]*))?(?::([\s\S]*))?$/.exec(field);
    if (match === null) {
      throw valueError("expected ':' after conversion specifier");
    }
    const [, name = '', conversion, spec = ''] = match;
    const value = converted(this.#value(name), conversion);
    return formatValue(value, spec.includes('{') ? this.format(spec, depth - 1) : spec);
  }

  #value(name: string): Value {
    const first = /^[^.[]*/.exec(name)?.[0] ?? '';
    let value = this.#argument(first);
    let rest = name.slice(first.length);
    while (rest !== '') {
      step();
      const item = /^\[([^\]]+)\]/.exec(rest);
      if (item === null) {
        throw notSupported('an attribute in a format field');
      }
      const key = item[1] ?? '';
      value = element(value, /^\d+$/.test(key) ? Number(key) : key);
      rest = rest.slice(item[0].length);
    }
    return value;
  }

  #argument(name: string): Value {
    if (/[^\0-\x7f]/.test(name) && /^\p{Nd}+$/u.test(name)) {
      throw notSupported('a number in other than ASCII digits');
    }
    if (name !== '' && !/^\d+$/.test(name)) {
      const value = this.#keywords.get(name);
      if (value === undefined) {
        throw fail('KeyError', reprText(name));
      }
      return value;
    }
    const numbering = name === '' ? 'automatic' : 'manual';
    if (this.#numbering !== 'none' && this.#numbering !== numbering) {
      throw valueError(
        numbering === 'automatic'
          ? 'cannot switch from manual field specification to automatic field numbering'
          : 'cannot switch from automatic field numbering to manual field specification',
      );
    }
    this.#numbering = numbering;
    if (this.#args === undefined) {
      throw valueError('Format string contains positional fields');
    }
    const index = name === '' ? this.#nextIndex++ : Number(name);
    const value = this.#args[index];
    if (value === undefined) {
      throw fail('IndexError', `Replacement index ${index} out of range for positional args tuple`);
    }
    return value;
  }
}

/** Where the field that starts at `from` ends, nested fields within its format counted. */
function fieldEnd(text: string, from: number): number {
  let depth = 1;
  // Up to here an element goes on that has no brace in it.
  let elementEnd = from;
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '[' && at >= elementEnd) {
      const end = text.indexOf(']', at);
      elementEnd = end < 0 ? text.length : end;
      stepThrough(elementEnd - at);
      if (/[{}]/.test(text.slice(at, elementEnd))) {
        throw notSupported('a brace in an element of a format field');
      }
    }
    if (character === '{') {
      depth++;
    } else if (character === '}' && --depth === 0) {
      return at;
    }
  }
  throw valueError(
    from === text.length
      ? "Single '{' encountered in format string"
      : "expected '}' before end of string",
  );
}

function element(value: Value, key: string | number): Value {
  if (typeOf(value) === 'type') {
    throw notSupported('a type as element of a format field');
  }
  if (!isText(value) && !(value instanceof Obj && value.length() !== undefined)) {
    throw typeError(`'${typeOf(value)}' object is not subscriptable`);
  }
  const found = getItem(value, key);
  if (found !== undefined) {
    return found;
  }
  if (value instanceof Dict) {
    throw fail('KeyError', repr(key));
  }
  if (typeof key === 'string') {
    throw typeError(`${typeOf(value)} indices must be integers or slices, not str`);
  }
  throw fail('IndexError', `${typeOf(value)} index out of range`);
}

function converted(value: Value, conversion: string | undefined): Value {
  switch (conversion) {
    case undefined:
      return value;
    case 'r':
      return repr(value);
    case 's':
      return str(value);
    case 'a':
      throw notSupported('the conversion !a in a format field');
    default:
      throw valueError(`Unknown conversion specifier '${conversion}'`);
  }
}
