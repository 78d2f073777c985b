import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileTemplate } from '#jinja/compiler/compile.js';
import { Environment } from '#jinja/index.js';
import { runtime } from '#jinja/runtime.js';
import { randomCase } from '../support/jinja2/templates.js';

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');

/** What Python's types have and templates may use. */
const str = words(
  `capitalize casefold center count endswith expandtabs find format format_map index isalnum isalpha
  isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join
  ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit
  rstrip split splitlines startswith strip swapcase title upper zfill`,
);
const list = words('append clear copy count extend index insert pop remove reverse sort');
const dict = words('clear copy fromkeys get items keys pop popitem setdefault update values');
const tuple = words('count index');
const macro = words('name arguments catch_kwargs catch_varargs caller explicit_caller');
const loop = words(
  'index index0 revindex revindex0 first last length depth depth0 previtem nextitem cycle changed',
);

interface Probed {
  readonly name: string;
  /** A template with `@` where the probe goes; the value is `v` there. */
  readonly template: string;
  readonly exposes: readonly string[];
}

const set = (name: string, expression: string, exposes: readonly string[]): Probed => ({
  name,
  template: `{% set v = ${expression} %}@`,
  exposes,
});

const values: readonly Probed[] = [
  set('str', "'abc'", str),
  set(
    'Markup',
    "'<'|e",
    str.filter((name) => !name.startsWith('format')),
  ),
  set('int', '5', []),
  set('big int', '2 ** 80', []),
  set('float', '2.5', []),
  set('bool', 'true', []),
  set('None', 'none', []),
  set('list', "[1, 'a']", list),
  set('tuple', '(1, 2)', tuple),
  set('dict', '{1: 2}', dict),
  set('dict of the context', 'given', [...dict, 'key']),
  set('range', 'range(3)', ['start', 'stop', 'step']),
  set('view', '{1: 2}.items()', []),
  set('generator', "[1]|map('string')", []),
  set('reversed', '[1]|reverse', []),
  set('group', "([{'a': 1}]|groupby('a'))[0]", [...tuple, 'grouper', 'list']),
  set('lenient undefined', '(1 if false)', []),
  set('namespace', 'namespace(own=1)', ['own']),
  set('cycler', "cycler('a')", ['current', 'next', 'reset', 'pos', 'items']),
  set('joiner', 'joiner()', ['sep', 'used']),
  set('method', "'a'.upper", []),
  set('global function', 'range', []),
  set('class', 'dict', []),
  set('module', "''", []),
  { name: 'macro', template: '{% macro v(a) %}{% endmacro %}@', exposes: macro },
  {
    name: 'caller',
    template: '{% macro m() %}{% set v = caller %}@{% endmacro %}{% call m() %}{% endcall %}',
    exposes: macro,
  },
  { name: 'loop', template: '{% for i in [1] %}{% set v = loop %}@{% endfor %}', exposes: loop },
  { name: 'import', template: '{% import "lib" as v %}@', exposes: ['shared'] },
  { name: 'self', template: '{% block own %}{% endblock %}{% set v = self %}@', exposes: ['own'] },
  {
    name: 'block',
    template: '{% block own %}{% endblock %}{% set v = self.own %}@',
    exposes: ['name'],
  },
  {
    name: 'super',
    template: '{% extends "base" %}{% block own %}{% set v = super %}@{% endblock %}',
    exposes: ['name'],
  },
];

/** All that JavaScript, Node and this module's own classes would answer to, and ways out of Python. */
function probedNames(): string[] {
  const names = new Set(
    words(`constructor __proto__ prototype process require module exports global globalThis
    mainModule child_process binding env argv Function eval Buffer fetch __dirname __filename
    __class__ __mro__ __subclasses__ __globals__ __builtins__ __init__ __dict__ __code__ mro
    func_globals gi_frame _undefined_name _context _TemplateReference__context _Namespace__attrs
    items shared entries dict part source start stop stride size code template parameters extras
    context stack attributes iterable recurse known after before lastChanged exports call type repr
    str truth length iterate attribute item knownNames changing put get has walk message origin
    failure separator used at own text p compiled name path rendering blocks root marks vars parent
    exported options files templates modules filters warnings limits value key`),
  );
  const sources: object[] = [Object, Function, globalThis, process];
  for (const value of [
    '',
    1,
    true,
    1n,
    [],
    {},
    /x/,
    new Map(),
    new Set(),
    new WeakMap(),
    new Error(),
  ]) {
    sources.push(Object.getPrototypeOf(value));
  }
  sources.push(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
  sources.push(
    Object.getPrototypeOf(function* () {}),
    Promise,
    Reflect,
    JSON,
    Math,
  );
  for (const source of sources) {
    for (const name of Object.getOwnPropertyNames(source)) {
      names.add(name);
    }
  }
  return [...names];
}

const ways: readonly ((name: string) => string)[] = [
  (name) => `{{ v['${name}'] is defined }}`,
  (name) => `{{ v|attr('${name}') is defined }}`,
  (name) => `{{ ([v]|map(attribute='${name}')|list)[0] is defined }}`,
  (name) =>
    /^[A-Za-z_]\w*$/.test(name) ? `{{ v.${name} is defined }}` : `{{ v['${name}'] is defined }}`,
];

test('property names reach nothing that Python’s types do not have', (t) => {
  const environment = new Environment();
  const files = {
    lib: '{% set shared = 1 %}{% set _private = 1 %}',
    base: '{% block own %}{% endblock %}',
  };
  const context = { given: new Map([['key', 1]]) };
  const names = [...new Set([...probedNames(), ...values.flatMap(({ exposes }) => exposes)])];
  const leaks: string[] = [];
  let probes = 0;
  let reached = 0;
  for (const { name: type, template, exposes } of values) {
    for (const [index, name] of names.entries()) {
      const way = ways[index % ways.length];
      if (way === undefined) {
        continue;
      }
      probes++;
      const probe = template.replace('@', () => way(name));
      const result = environment.render(probe, context, { files });
      if (!result.ok) {
        if (!/^(NotSupported|UndefinedError)$/.test(result.error.kind)) {
          leaks.push(`${type} ${name}: ${result.error.kind} ${result.error.message}`);
        }
      } else if (result.output.trim() === 'True') {
        reached++;
        if (!exposes.includes(name) && !(type === 'module' && str.includes(name))) {
          leaks.push(`${type} ${name} by ${way(name)}`);
        }
      } else if (result.output.trim() !== 'False') {
        leaks.push(`${type} ${name}: ${result.output}`);
      }
    }
  }
  t.diagnostic(`${probes} probes, ${reached} of them to what is meant to be there`);
  assert.deepEqual(leaks, []);
  assert.ok(probes >= 10_000);
  assert.ok(reached > 100, 'the probes should find what is there');
});

test('bare names, filters and tests are Jinja2’s, whatever JavaScript knows', () => {
  const environment = new Environment();
  const known = words('range dict lipsum cycler joiner namespace');
  const filters = words('items list length map replace join sort upper value');
  for (const name of probedNames()) {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      continue;
    }
    for (const template of [`{{ ${name} is defined }}`, `{{ '${name}' is filter }}`]) {
      const result = environment.render(template, {});
      assert.ok(result.ok, `${template} should render`);
      if (result.output === 'True') {
        assert.ok(
          known.includes(name) ||
            filters.includes(name) ||
            ['filter', 'reject'].includes(name) ||
            /^(format|round|min|max|abs|random|reverse|slice|trim|first|last|count|indent|default|select|unique|attr|title|center|int|float|string|sum|lower|safe|batch|truncate|escape)$/.test(
              name,
            ),
          `${name} is known in ${template}`,
        );
      }
    }
  }
});

test('generated code holds nothing that comes from a template', () => {
  const known = new Set([
    ...Object.keys(runtime),
    ...words(`use strict const let function return for of if else yield new Map null true false void
      root blocks length get set setHidden K R T C P o p I F D`),
  ]);
  for (let seed = 1; seed <= 500; seed++) {
    let code: string;
    try {
      code = String(compileTemplate(randomCase(seed).template).factory);
    } catch {
      continue;
    }
    const body = code.slice(code.indexOf('{') + 1, code.lastIndexOf('}'));
    for (const word of body.match(/[A-Za-z_]\w*/g) ?? []) {
      assert.ok(known.has(word) || /^(?:v|t_|b)\d+$/.test(word), `${word} in ${body}`);
    }
    assert.doesNotMatch(body.replace('"use strict"', '').replaceAll('""', ''), /["'`\\/]/);
  }
});
