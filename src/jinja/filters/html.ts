import { notSupported, valueError } from '../errors.js';
import { named } from '../function.js';
import { checked, step } from '../limits.js';
import { TemplateModule } from '../objects/module.js';
import { isIterable, iterable } from '../operators/iterate.js';
import { repr, reprText, str } from '../operators/print.js';
import { strip, whitespaceClass } from '../operators/text.js';
import { truth } from '../operators/truth.js';
import { isText, textOf } from '../operators/types.js';
import type { NamedFunction } from '../running.js';
import { Dict } from '../values/dict.js';
import { List, Tuple } from '../values/list.js';
import { escapeHtml, escapeText, Markup } from '../values/markup.js';
import { Undefined } from '../values/undefined.js';
import type { Value } from '../values/value.js';
import { attributeError } from './common.js';
import { toJson } from './json.js';
import { unpackPair } from './pairs.js';

function isHtml(value: Value): value is Markup | TemplateModule {
  return value instanceof Markup || value instanceof TemplateModule;
}

/** `markupsafe.escaped(value)` */
function escaped(value: Value): Markup {
  if (isText(value)) {
    return escapeText(value);
  }
  return isHtml(value) ? new Markup(str(value)) : new Markup(checked(escapeHtml(str(value))));
}

function xmlAttributes(value: Value, autoSpace: boolean): string {
  if (!(value instanceof Dict)) {
    throw attributeError(value, 'items');
  }
  const items: string[] = [];
  for (const entry of value.entries.values()) {
    if (entry.value === null || entry.value instanceof Undefined) {
      continue;
    }
    if (!isText(entry.key)) {
      throw notSupported('an attribute name that is not a string');
    }
    const name = textOf(entry.key);
    if (/[ \t\n\r\f\v/>=]/.test(name)) {
      throw valueError(`Invalid character in attribute name: ${reprText(name)}`);
    }
    items.push(`${escaped(entry.key).text}="${escaped(entry.value).text}"`);
  }
  const text = items.join(' ');
  return autoSpace && text !== '' ? ` ${text}` : text;
}

/** The text without what is between `start` and `end`, brackets included. */
function without(text: string, start: string, end: string): string {
  let result = '';
  let at = 0;
  for (;;) {
    const from = text.indexOf(start, at);
    const to = from === -1 ? -1 : text.indexOf(end, from + start.length);
    if (to === -1) {
      return result + text.slice(at);
    }
    result += text.slice(at, from);
    at = to + end.length;
  }
}

const spaces = new RegExp(`[${whitespaceClass}]+`, 'g');
const known: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#34;', '"'],
  ['&#39;', "'"],
]);

function stripTags(value: Value): string {
  const plain = without(without(str(value), '<!--', '-->'), '<', '>');
  return strip(plain)
    .replace(spaces, ' ')
    .replace(/&(?:#?[a-zA-Z0-9]+;?)?/g, (entity) => {
      step();
      const character = entity === '&' ? entity : known.get(entity);
      if (character === undefined) {
        throw notSupported(`the HTML entity ${entity}`);
      }
      return character;
    });
}

function quote(value: Value, isQuery: boolean): string {
  const text = encodeURIComponent(str(value)).replace(/[!*'()]/g, (character) => {
    step();
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  return isQuery ? text.replaceAll('%20', '+') : text.replaceAll('%2F', '/');
}

function urlEncode(value: Value): string {
  if (isText(value) || !isIterable(value)) {
    return quote(value, false);
  }
  const pairs = value instanceof Dict ? value.pairs() : iterable(value);
  const items: string[] = [];
  for (const pair of pairs) {
    const [key, item] = unpackPair(pair);
    items.push(`${quote(key, true)}=${quote(item, true)}`);
  }
  return items.join('&');
}

const printWidth = 80;

/** `pprint.pformat` of what fits one line; how Python breaks the rest is not followed. */
function prettyPrint(value: Value): string {
  const text = repr(new KeyOrder().of(value));
  if (text.length > printWidth || (typeof value === 'string' && /[\n\r]/.test(value))) {
    throw notSupported(`pprint of more than ${printWidth} characters`);
  }
  return text;
}

/** Puts the keys of all dicts within a value in order, as long as it may fit one line. */
class KeyOrder {
  #seen = 0;

  of(value: Value): Value {
    // A value that holds another twice shows it twice: what is small may be endless to print.
    if (++this.#seen > printWidth) {
      throw notSupported(`pprint of more than ${printWidth} characters`);
    }
    if (value instanceof List) {
      return new List(value.items.map((item) => this.of(item)));
    }
    if (value instanceof Tuple) {
      return new Tuple(value.items.map((item) => this.of(item)));
    }
    if (!(value instanceof Dict)) {
      return value;
    }
    const keys = value.keys();
    if (!keys.every((key) => typeof key === 'string')) {
      throw notSupported('pprint of a dict whose keys are not all strings');
    }
    return new Dict(
      keys
        .sort((a, b) => (String(a) < String(b) ? -1 : 1))
        .map((key) => [key, this.of(value.get(key) ?? null)]),
    );
  }
}

export const htmlFilters: readonly (readonly [string, NamedFunction])[] = [
  ['e', named('escape', 's', 1, ([value = null]) => escaped(value))],
  ['escape', named('escape', 's', 1, ([value = null]) => escaped(value))],
  [
    'forceescape',
    named('do_forceescape', 'value', 1, ([value = null]) => new Markup(escapeHtml(str(value)))),
  ],
  ['pprint', named('do_pprint', 'value', 1, ([value = null]) => prettyPrint(value))],
  [
    'safe',
    named('do_mark_safe', 'value', 1, ([value = null]) =>
      value instanceof Markup ? value : new Markup(str(value)),
    ),
  ],
  ['striptags', named('do_striptags', 'value', 1, ([value = null]) => stripTags(value))],
  [
    'tojson',
    named('do_tojson', 'value indent', 1, ([value = null, indent = null]) => toJson(value, indent)),
  ],
  ['urlencode', named('do_urlencode', 'value', 1, ([value = null]) => urlEncode(value))],
  [
    'urlize',
    () => {
      throw notSupported('the filter urlize');
    },
  ],
  [
    'xmlattr',
    named('do_xmlattr', 'd autospace', 1, ([value = null, autoSpace = true]) =>
      xmlAttributes(value, truth(autoSpace)),
    ),
  ],
];
