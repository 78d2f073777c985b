import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import nunjucks from 'nunjucks';
import { templateLoader } from '#compiler/render/templateLoader.js';
import { type Data, type Limits, renderString } from '#jinja/index.js';
import { boundedBy } from '../support/boundary.js';
import { temporaryDirectory } from '../support/temporary.js';

/**
 * Templates that do harm. Each is first run with nunjucks as it is, where it must succeed, so that
 * the attack is known to be one; then with ours, where it must not.
 */
interface Attack {
  readonly name: string;
  readonly template: string;
  readonly context?: { readonly [name: string]: Data };
  /** What tells that it worked; by default, that it ran code of its own. */
  readonly worked?: (output: string) => boolean;
  readonly limits?: Partial<Limits>;
}

const world = globalThis as { compromised?: unknown };
after(() => {
  delete world.compromised;
});

const ranCode = () => world.compromised !== undefined;

/** JavaScript that leaves a mark, as a string literal of a template. */
const code = `"globalThis.compromised='yes'"`;
/** The same written as a "name" of nunjucks' lexer: no white space, brackets, dots or equals signs. */
const escapedCode = Array.from(
  'globalThis.compromised=1',
  (character) => `\\x${character.charCodeAt(0).toString(16)}`,
).join('');
const injected = `a"&Function\`${escapedCode}\`\`\`&"b`;

const onObjects: readonly Attack[] = [
  { name: 'range.constructor', template: `{{ range.constructor(${code})() }}` },
  { name: 'the constructor of a string', template: `{{ "".constructor.constructor(${code})() }}` },
  {
    name: 'the same by subscript',
    template: `{{ ""["constructor"]["constructor"](${code})() }}`,
  },
  { name: 'of a number', template: `{{ (1).constructor.constructor(${code})() }}` },
  { name: 'of a list', template: `{{ [].constructor.constructor(${code})() }}` },
  { name: 'of a dict', template: `{{ {}.constructor.constructor(${code})() }}` },
  { name: 'of a cycler', template: `{{ cycler("a").constructor.constructor(${code})() }}` },
  { name: 'of a joiner', template: `{{ joiner(",").constructor(${code})() }}` },
  {
    name: 'of a macro',
    template: `{% macro m() %}{% endmacro %}{{ m.constructor(${code})() }}`,
  },
  {
    name: 'of caller',
    template: `{% macro m() %}{{ caller.constructor(${code})() }}{% endmacro %}{% call m() %}{% endcall %}`,
  },
  {
    name: 'of loop',
    template: `{% for x in [1] %}{{ loop.constructor.constructor(${code})() }}{% endfor %}`,
  },
  { name: 'of a regular expression', template: `{{ r/x/.constructor.constructor(${code})() }}` },
  {
    name: 'of a value of the configuration',
    template: `{{ conf.constructor.constructor(${code})() }}`,
    context: { conf: new Map([['a', 1]]) },
  },
  { name: 'a bare constructor', template: `{{ constructor.constructor(${code})() }}` },
  { name: 'a bare toString', template: `{{ toString.constructor(${code})() }}` },
  {
    name: 'a filter of Object.prototype',
    template: `{{ ("x"|valueOf).constructor.constructor(${code})() }}`,
  },
  {
    name: '__proto__ on the way',
    template: `{{ "".__proto__.constructor.constructor(${code})() }}`,
  },
  {
    name: 'an attribute named in a filter',
    template: '{{ [1]|selectattr("constructor")|first }}',
    worked: (output) => output === '1',
  },
  {
    name: 'writing __proto__',
    template: `{% set __proto__ = {"injected": "yes"} %}{{ injected }}`,
    worked: (output) => output === 'yes',
  },
];

const onNames: readonly Attack[] = [
  { name: 'a variable', template: `{{ ${injected} }}` },
  { name: 'a set', template: `{% set ${injected} = 1 %}` },
  { name: 'a filter', template: `{{ 1|${injected} }}` },
  { name: 'a filter block', template: `{% filter ${injected} %}{% endfilter %}` },
  { name: 'the target of a loop', template: `{% for ${injected} in [1] %}{% endfor %}` },
  { name: 'a callee', template: `{{ ${injected}() }}` },
  { name: 'a macro', template: `{% macro ${injected}() %}{% endmacro %}` },
  {
    name: 'a test that is a string',
    template: `{{ 1 is 'defined").call(globalThis.compromised=1)+("' }}`,
  },
];

const loopOf = (turns: number, body: string) => `{% for i in range(${turns}) %}${body}{% endfor %}`;

const onResources: readonly Attack[] = [
  {
    name: 'a huge range',
    template: '{{ range(2000000)|length }}',
    worked: (output) => output === '2000000',
  },
  {
    name: 'a huge repetition',
    template: '{{ "x"|center(5000000)|length }}',
    worked: (output) => output === '5000000',
  },
  {
    name: 'deep recursion',
    template:
      '{% macro m(n) %}{% if n > 0 %}{{ m(n - 1) }}{% else %}down{% endif %}{% endmacro %}{{ m(500) }}',
    worked: (output) => output.includes('down'),
  },
  {
    name: 'a huge output',
    template: loopOf(99_999, 'x'.repeat(60)),
    worked: (output) => output.length > 5_000_000,
  },
  {
    name: 'a huge string by doubling',
    template: `{% set s = "xxxxxxxxxxxxxxxx" %}${'{% set s = s ~ s %}'.repeat(20)}{{ s|length }}`,
    worked: (output) => output === String(16 * 2 ** 20),
  },
  {
    name: 'a long time',
    template: `${loopOf(2000, loopOf(300, '{% if i == 7.5 %}x{% endif %}'))}done`,
    worked: (output) => output === 'done',
    limits: { milliseconds: 20 },
  },
];

function runStock({ template, context = {} }: Attack): string {
  const environment = new nunjucks.Environment(null, { autoescape: false });
  const plain = Object.fromEntries(
    Object.entries(context).map(([name, value]) => [name, value instanceof Map ? { a: 1 } : value]),
  );
  try {
    return environment.renderString(template, plain);
  } catch {
    return '';
  }
}

for (const [kind, attacks] of [
  ['by way of objects', onObjects],
  ['by way of names', onNames],
  ['on resources', onResources],
] as const) {
  for (const attack of attacks) {
    test(`attack ${kind}: ${attack.name}`, () => {
      const worked = attack.worked ?? ranCode;
      delete world.compromised;
      const stock = runStock(attack);
      assert.ok(worked(stock), `nunjucks as it is should fall for it, not give ${stock}`);
      delete world.compromised;
      const result = renderString(
        attack.template,
        attack.context ?? {},
        attack.limits === undefined ? {} : { limits: attack.limits },
      );
      assert.ok(!ranCode(), 'it ran code');
      assert.ok(!result.ok, `it rendered: ${result.ok ? result.output.slice(0, 100) : ''}`);
      if (kind === 'on resources') {
        assert.equal(result.error.kind, 'LimitExceeded');
      } else {
        assert.match(
          result.error.kind,
          /^(Undefined|TemplateSyntax|TemplateAssertion)Error$|^NotSupported$/,
        );
      }
    });
  }
}

// Numbers of JavaScript cannot grow without end, so these harm Python's Jinja2 only.
for (const [name, template] of [
  ['a power', '{{ 9 ** (9 ** 9) }}'],
  ['a power of a power', '{% set n = 2 ** 4096 %}{{ n * n * n * n }}'],
  ['a repeated string', "{{ 'x' * 100000000 }}"],
  ['a repeated list', '{{ [1, 2, 3] * 1000000 }}'],
  ['a list that doubles', `{% set l = [1] %}${'{% do l.extend(l) %}'.repeat(30)}`],
  [
    'a list that contains itself twice over',
    `{% set l = [1] %}${'{% set l = [l, l] %}'.repeat(40)}{{ l }}`,
  ],
  [
    'comparing such a list',
    `{% set l = [1] %}{% set m = [1] %}${'{% set l = [l, l] %}{% set m = [m, m] %}'.repeat(60)}{{ l == m }}`,
  ],
  ['a wide format', "{{ '%1000000000d' % 1 }}"],
  ['many decimals', "{{ '%.1000000000f' % 1.5 }}"],
  ['a wide format field', "{{ '{:1000000000}'.format(1) }}"],
  ['a loop that feeds itself', '{% set l = [1] %}{% for x in l %}{% do l.append(x) %}{% endfor %}'],
  ['an include of itself', '{% include "self" %}'],
  ['deep nesting of data', `{% set l = [] %}${loopOf(300, '{% set ns.l = [ns.l] %}')}{{ ns.l }}`],
  ['many lists', `{% set l = [] %}${loopOf(99_999, '{% do l.append([1] * 99999) %}')}`],
  ['many lists of lists', `{% set l = [] %}${loopOf(9999, '{% do l.append([[], l[:]]) %}')}`],
  ['many dicts', `{% set l = [] %}${loopOf(99_999, loopOf(99_999, '{% set d = {i: {i: i}} %}'))}`],
  [
    'many short strings',
    `{% set l = [] %}${loopOf(99_999, loopOf(9999, "{% set d = 'x' * 1000 %}"))}`,
  ],
  [
    'a key that contains itself twice over',
    `{% set l = (1,) %}${'{% set l = (l, l) %}'.repeat(60)}{{ {l: 1} }}`,
  ],
  ['many decimals of an integer', "{{ '%.1000000000d' % 1 }}"],
  ['wide tabs', "{{ ('\\t' * 1000).expandtabs(1000000) }}"],
  ['words from the end', "{{ ('a ' * 500000).rsplit() }}"],
  [
    'long strings of emoji',
    `{% set s = '😀' * 500000 %}${loopOf(99_999, '{{ s[5] }}{{ s[1:3] }}{{ s|length }}')}`,
  ],
  [
    'the last key of a dict',
    `{% set d = {} %}${loopOf(99_999, '{% do d.update({i: i}) %}')}${loopOf(99_999, '{% do d.popitem() %}')}`,
  ],
  ['many fields', `{% set s = '{0}' * 100000 %}${loopOf(9999, "{{ s.format('') }}")}`],
  [
    'counting words',
    `{% set s = 'é ' * 400000 %}${loopOf(9999, '{% if s|wordcount %}{% endif %}')}`,
  ],
  [
    'sorting dicts',
    `{% set d = {} %}${loopOf(9999, '{% do d.update({i: i}) %}')}${loopOf(9999, '{% if d|dictsort %}{% endif %}')}`,
  ],
  [
    'conditions that all set a name',
    Array.from({ length: 20_000 }, (_, at) => `{% if 1 %}{% set v${at} = 1 %}{% endif %}`).join(''),
  ],
  ['a long chain of constants', `{{ ${Array(1500).fill('[0][0]').join(' or ')} }}`],
  ['a hundred thousand parentheses', `{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`],
] as const) {
  test(`attack on resources, impossible in nunjucks: ${name}`, () => {
    const result = renderString(
      name === 'deep nesting of data' ? `{% set ns = namespace(l=1) %}${template}` : template,
      {},
      { files: { self: '{% include "self" %}' }, limits: { milliseconds: 300 } },
    );
    assert.ok(!result.ok);
    assert.match(result.error.kind, /^(LimitExceeded|RecursionError)$/);
    assert.ok(result.error.message.length < 200);
  });
}

test('attack on resources, impossible in nunjucks: to pretty-print what contains itself', () => {
  const template = `{% set l = [1] %}${'{% set l = [l, l] %}'.repeat(60)}{{ l|pprint }}`;
  const result = renderString(template, {}, { limits: { milliseconds: 300 } });
  assert.ok(!result.ok && result.error.kind === 'NotSupported');
});

test('a chain of constants is looked at once, not twice as often for each', () => {
  const result = renderString(`{{ ${Array(40).fill('[0][0]').join(' or ')} }}`, {});
  assert.ok(result.ok && result.output === '0');
});

test('attack by way of includes: a pipe, from which one would read for ever', (t) => {
  const tree = temporaryDirectory(t);
  execFileSync('mkfifo', [join(tree, 'pipe')]);
  const result = renderString(
    '{% include "pipe" %}',
    {},
    { load: templateLoader(tree, '.', boundedBy(tree)) },
  );
  assert.ok(!result.ok && /pipe is not a regular file/.test(result.error.message));
});

test('attack by way of includes: a sibling directory whose name starts alike', (t) => {
  const tree = temporaryDirectory(t);
  const directory = join(tree, 'php');
  mkdirSync(directory);
  mkdirSync(join(tree, 'php-secret'));
  writeFileSync(join(tree, 'php-secret', 'x'), 'secret');
  const template = '{% include "../php-secret/x" %}';
  const stock = new nunjucks.Environment(new nunjucks.FileSystemLoader(directory));
  assert.equal(stock.renderString(template, {}), 'secret');
  const load = templateLoader(directory, 'php', boundedBy(tree));
  const result = renderString(template, {}, { load });
  assert.ok(!result.ok && result.error.kind === 'TemplateNotFound');
});

test('attack by way of includes: a symlink out of the tree', (t) => {
  const outside = temporaryDirectory(t);
  const tree = join(outside, 'tree');
  mkdirSync(tree);
  writeFileSync(join(outside, 'password'), 'secret');
  symlinkSync('../password', join(tree, 'link'));
  const template = '{% include "link" %}';
  const stock = new nunjucks.Environment(new nunjucks.FileSystemLoader(tree));
  assert.equal(stock.renderString(template, {}), 'secret');
  const load = templateLoader(tree, '.', boundedBy(tree));
  const result = renderString(template, {}, { load });
  assert.ok(!result.ok && /points outside the tree/.test(result.error.message));
});

test('importing and using the module leaves nunjucks as it was', () => {
  assert.ok(renderString('{{ [1, 2]|join }}').ok);
  const stock = new nunjucks.Environment(null, { autoescape: false });
  assert.equal(
    stock.renderString('{{ none }}|{{ [1, 2] }}|{% set x = 1 %}{{ x }}\n', {}),
    '|1,2|1\n',
  );
  assert.equal(stock.renderString('{{ "a"|upper }}{{ 7 // 2 }}', {}), 'A3');
});
