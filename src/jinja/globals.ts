import { notSupported, typeError } from './errors.js';
import { update } from './methods/dict.js';
import { positional } from './methods/method.js';
import { Cycler, Joiner } from './objects/cycler.js';
import { Namespace } from './objects/namespace.js';
import { bind } from './signature.js';
import { Callable } from './values/callable.js';
import { Dict } from './values/dict.js';
import { makeRange } from './values/range.js';
import type { Keywords, Value } from './values/value.js';

/** A type that templates may call but not look into; it prints as Python prints it. */
class CallableType extends Callable {
  override repr(): string {
    return `<class '${this.name}'>`;
  }
}

function makeDict(args: readonly Value[], keywords: Keywords | undefined): Dict {
  if (args.length > 1) {
    throw typeError(`dict expected at most 1 argument, got ${args.length}`);
  }
  const dict = new Dict();
  update(dict, args, keywords);
  return dict;
}

const joinerSignature = { name: 'Joiner.__init__', parameters: ['sep'], required: 0 };

function type(
  name: string,
  make: (args: readonly Value[], keywords: Keywords | undefined) => Value,
): CallableType {
  return new CallableType(name, make, 'type');
}

/** The names that every template knows. */
export const globals: ReadonlyMap<string, Value> = new Map<string, Value>([
  [
    'range',
    type('range', (args, keywords) => {
      positional('range', args.slice(0, 0), keywords, 0);
      return makeRange(args);
    }),
  ],
  ['dict', type('dict', makeDict)],
  [
    'namespace',
    type('jinja2.utils.Namespace', (args, keywords) => new Namespace(makeDict(args, keywords))),
  ],
  [
    'cycler',
    type('jinja2.utils.Cycler', (args, keywords) => {
      positional('Cycler.__init__', args.slice(0, 0), keywords, 0);
      return new Cycler(args);
    }),
  ],
  [
    'joiner',
    type('jinja2.utils.Joiner', (args, keywords) => {
      const [separator = ', '] = bind(joinerSignature, args, keywords);
      return new Joiner(separator);
    }),
  ],
  [
    'lipsum',
    new Callable(
      'lipsum',
      () => {
        throw notSupported('lipsum(), whose text is another each time,');
      },
      'function',
    ),
  ],
]);
