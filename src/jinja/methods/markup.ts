import { notSupported } from '../errors.js';
import { toArray } from '../operators/iterate.js';
import { isText } from '../operators/types.js';
import { Callable } from '../values/callable.js';
import { List, Tuple } from '../values/list.js';
import { escapeText, Markup } from '../values/markup.js';
import type { Keywords, Value } from '../values/value.js';
import { callStrMethod, strMethod } from './str.js';

/** Methods whose arguments are escaped and whose result is Markup again. */
const wrapped = new Set(
  'capitalize title lower upper replace ljust rjust lstrip rstrip center strip expandtabs swapcase zfill'.split(
    ' ',
  ),
);
/** Methods that take their arguments as they are and give Markup for each text of the result. */
const pieces = new Set(['split', 'rsplit', 'splitlines']);
const refused = new Set('format format_map striptags unescape escape translate encode'.split(' '));

function escapeArgument(value: Value): Value {
  return isText(value) ? escapeText(value).text : value;
}

function marked(value: Value): Value {
  if (typeof value === 'string') return new Markup(value);
  if (value instanceof List) return new List(value.items.map(marked));
  if (value instanceof Tuple) return new Tuple(value.items.map(marked));
  return value;
}

export function markupMethod(self: Markup, name: string): Value | undefined {
  if (refused.has(name)) throw notSupported(`Markup.${name}`);
  const run = (args: readonly Value[], keywords: Keywords | undefined) =>
    callStrMethod(self.text, name, args, keywords);
  if (wrapped.has(name))
    return new Callable(name, (args, keywords) => marked(run(args.map(escapeArgument), keywords)));
  if (pieces.has(name)) return new Callable(name, (args, keywords) => marked(run(args, keywords)));
  if (name === 'partition' || name === 'rpartition')
    return new Callable(name, (args, keywords) => marked(run(args.map(escapeArgument), keywords)));
  if (name === 'join')
    return new Callable(name, (args, keywords) =>
      marked(run([new List(toArray(args[0] ?? null).map(escapeItem))], keywords)),
    );
  return strMethod(self.text, name);
}

/** `markupsafe.escape` of an element of a join, which need not be text. */
function escapeItem(value: Value): Value {
  if (!isText(value)) throw notSupported('joining other than text with Markup');
  return escapeText(value).text;
}
