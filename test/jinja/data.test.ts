import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Data,
  Environment,
  type Filter,
  Float,
  fail,
  PreparedVariables,
  renderString,
  str,
} from '#jinja/index.js';

function print(value: Data): string {
  const result = renderString('{{ v }}', { v: value });
  assert.ok(result.ok);
  return result.output;
}

test('data prints as Python prints it', () => {
  assert.equal(print(null), 'None');
  assert.equal(print(true), 'True');
  assert.equal(print(0), '0');
  assert.equal(print(-0), '0');
  assert.equal(print(10n ** 30n), `1${'0'.repeat(30)}`);
  assert.equal(print(5n), '5');
  assert.equal(print(new Float(2)), '2.0');
  assert.equal(print(new Float(1e16)), '1e+16');
  assert.equal(print(['a', [1, null]]), "['a', [1, None]]");
  assert.equal(
    print(
      new Map<Data, Data>([
        ['b', 1],
        ['10', 2],
        [3, new Map()],
      ]),
    ),
    "{'b': 1, '10': 2, 3: {}}",
  );
});

test('keys that Python counts as equal are one key', () => {
  assert.equal(
    print(
      new Map<Data, Data>([
        [1, 'int'],
        ['1', 'text'],
        [true, 'bool'],
        [new Float(1), 'float'],
      ]),
    ),
    "{1: 'float', '1': 'text'}",
  );
});

test('a number that is no integer must say that it is a float', () => {
  assert.throws(() => print(1.5), /1\.5 is not a safe integer: use Float or a bigint/);
  assert.throws(() => print(2 ** 60), /use Float or a bigint/);
});

test('variables may come as an object or as a Map, and an object’s prototype does not count', () => {
  const template = '{{ a }}{{ toString is defined }}{{ b is defined }}';
  for (const variables of [
    { a: 1 },
    new Map([['a', 1]]),
    Object.create({ b: 2 }, { a: { value: 1, enumerable: true } }),
  ]) {
    const result = renderString(template, variables);
    assert.ok(result.ok && result.output === '1FalseFalse');
  }
});

test('a template changes its own data only, and never the caller’s', () => {
  const list = ['a'];
  const first = renderString('{% do l.append("b") %}{{ l }}', { l: list });
  assert.ok(first.ok && first.output === "['a', 'b']");
  assert.deepEqual(list, ['a']);
});

test('prepared variables serve many renderings, and no template can change them', () => {
  const environment = new Environment();
  const variables = new PreparedVariables({
    l: ['a'],
    d: new Map<Data, Data>([['k', ['x']]]),
  });
  for (const change of [
    'l.append(1)',
    'l.clear()',
    'l.sort()',
    'l.extend([1])',
    'l.pop()',
    'd.update(a=1)',
    "d.pop('k')",
    'd.clear()',
    'd.k.append(1)',
    "d.setdefault('n', 1)",
  ]) {
    const result = environment.render(`{% do ${change} %}`, variables);
    assert.ok(!result.ok, change);
    assert.equal(result.error.kind, 'NotSupported');
    assert.match(result.error.message, /changing a (list|dict) of the configuration/);
  }
  const copies = environment.render(
    "{% set m = l + ['b'] %}{% do m.append('c') %}{% set e = d.copy() %}{% do e.update(n=1) %}{{ m }}{{ e }}{{ l }}{{ d }}",
    variables,
  );
  assert.ok(copies.ok);
  assert.equal(copies.output, "['a', 'b', 'c']{'k': ['x'], 'n': 1}['a']{'k': ['x']}");
});

test('a name that templates must not read cannot even be asked for', () => {
  const refused = new Map([['password', 'it is a secret']]);
  for (const template of [
    'a\n{{ password }}',
    '\n{{ 1 if password is defined }}',
    "\n{{ password|default('x') }}",
    '\n{% include "part" %}',
  ]) {
    const result = renderString(
      template,
      { password: 'x' },
      { refused, files: { part: '\n{{ password }}' } },
    );
    assert.ok(!result.ok, template);
    assert.deepEqual(
      [result.error.kind, result.error.message, result.error.hint, result.error.place.line],
      ['NotSupported', 'reading the variable password is not supported', 'it is a secret', 2],
    );
  }
  const own = renderString('{% set password = 1 %}{{ password }}', {}, { refused });
  assert.ok(own.ok && own.output === '1');
});

test('the same text under two names is compiled once, and each has its own errors', () => {
  const environment = new Environment();
  for (const name of ['a', 'b']) {
    const result = environment.render('\n{{ nosuch }}', {}, { name });
    assert.ok(!result.ok);
    assert.deepEqual([result.error.place.file, result.error.place.line], [name, 2]);
  }
});

test('a filter of one’s own gets values, gives values, warns and fails at its place', () => {
  const environment = new Environment();
  const filters = new Map<string, Filter>([
    [
      'pair',
      {
        parameters: ['other', 'last'],
        optional: 1,
        apply: (value, [other = null, last = 'none']) => str(value) + str(other) + str(last),
      },
    ],
    [
      'warned',
      {
        apply(value, _args, tools) {
          tools.warn('careful');
          return value;
        },
      },
    ],
    [
      'failing',
      {
        apply() {
          throw fail('ValueError', 'not this', { hint: 'another' });
        },
      },
    ],
  ]);
  const result = environment.render(
    "{{ 'a'|pair('b') }}{{ 'a'|pair(last=1, other=2) }}\n{{ 'x'|warned }}",
    {},
    { filters, name: 'main' },
  );
  assert.ok(result.ok);
  assert.equal(result.output, 'abnonea21\nx');
  assert.deepEqual(
    result.warnings.map(
      ({ message, place }) => `${place.file}:${place.line}:${place.column} ${message}`,
    ),
    ['main:2:8 careful'],
  );
  const failed = environment.render("\n{{ 'a'|failing }}", {}, { filters });
  assert.ok(!failed.ok);
  assert.deepEqual(
    [failed.error.kind, failed.error.message, failed.error.hint, failed.error.place.line],
    ['ValueError', 'not this', 'another', 2],
  );
  const missing = environment.render("{{ 'a'|pair }}", {}, { filters });
  assert.ok(!missing.ok);
  assert.equal(missing.error.message, "pair() missing 1 required positional argument: 'other'");
});
