import { isFailure, notSupported } from '../errors.js';
import { stepThrough } from '../limits.js';
import { toArray } from '../operators/iterate.js';
import { isText } from '../operators/types.js';
import { Callable } from '../values/callable.js';
import { List, Tuple } from '../values/list.js';
import { escapeText, Markup } from '../values/markup.js';
import type { Keywords, Value } from '../values/value.js';
import { positional } from './method.js';
import { callStrMethod, strMethod } from './str.js';

/** Methods whose arguments are escaped and whose result is Markup again. */
const wrapped = new Set(
  'capitalize title lower upper replace ljust rjust lstrip rstrip center strip expandtabs swapcase zfill'.split(
    ' ',
  ),
);
/** Methods that take their arguments as they are and give Markup for each text of the result. */
const pieces = new Set(['split', 'rsplit', 'splitlines']);
const refused = new Set(
  'casefold encode escape format format_map removeprefix removesuffix striptags translate unescape'.split(
    ' ',
  ),
);

/** Methods of which MarkupSafe 2 escapes the first argument, and MarkupSafe 3 does not. */
const unsure = new Set(['lstrip', 'rstrip', 'strip', 'replace', 'partition', 'rpartition']);

function escapeArgument(value: Value): Value {
  return isText(value) ? escapeText(value).text : value;
}

function changesWhenEscaped(value: Value): boolean {
  return typeof value === 'string' && /[&<>"']/.test(value);
}

function marked(value: Value): Value {
  if (typeof value === 'string') {
    return new Markup(value);
  }
  if (value instanceof List) {
    return new List(value.items.map(marked));
  }
  if (value instanceof Tuple) {
    return new Tuple(value.items.map(marked));
  }
  return value;
}

export function markupMethod(self: Markup, name: string): Value | undefined {
  if (refused.has(name)) {
    throw notSupported(`Markup.${name}`);
  }
  const run = (args: readonly Value[], keywords: Keywords | undefined, escapes = false) => {
    if (unsure.has(name) && args.some(changesWhenEscaped)) {
      throw notSupported(`Markup.${name} of text that HTML would escape`);
    }
    stepThrough(self.text.length);
    try {
      const given = escapes ? args.map(escapeArgument) : args;
      return callStrMethod(self.text, name, given, keywords);
    } catch (thrown) {
      // Newer versions of MarkupSafe turn what is not a text into some first.
      if (isFailure(thrown, 'TypeError')) {
        throw notSupported(`Markup.${name} of such arguments`);
      }
      throw thrown;
    }
  };
  if (wrapped.has(name)) {
    return new Callable(name, (args, keywords) => marked(run(args, keywords, true)));
  }
  if (pieces.has(name)) {
    return new Callable(name, (args, keywords) => marked(run(args, keywords)));
  }
  if (name === 'partition' || name === 'rpartition') {
    return new Callable(name, (args, keywords) => {
      if (args.length !== 1 || !isText(args[0] ?? null)) {
        throw notSupported(`Markup.${name} with other than one text`);
      }
      return marked(run(args, keywords, true));
    });
  }
  if (name === 'join') {
    return new Callable(name, (args, keywords) => {
      positional('Markup.join', args, keywords, 1);
      return marked(run([new List(toArray(args[0] ?? null).map(escapeItem))], undefined));
    });
  }
  return strMethod(self.text, name);
}

/** `markupsafe.escape` of an element of a join, which need not be text. */
function escapeItem(value: Value): Value {
  if (!isText(value)) {
    throw notSupported('joining other than text with Markup');
  }
  return escapeText(value).text;
}
