import { type Data, Float } from '#jinja/index.js';
import { ExpressionGenerator } from './expressions.js';
import type { Case } from './oracle.js';
import { Chance } from './random.js';

const context: ReadonlyMap<string, Data> = new Map<string, Data>([
  ['s', 'hello world'],
  ['t', 'a-b_c.d\ne f\n'],
  ['word', 'Zebra'],
  ['wide', 'né😀x'],
  ['n', 5],
  ['m', 2],
  ['big', 9007199254740991],
  ['x', new Float(2.0)],
  ['y', new Float(-0.75)],
  ['yes', true],
  ['no', false],
  ['l', ['c', 'a', 'B']],
  ['ns', [3, 1, 2, 3]],
  ['words', ['delta', 'Alpha', 'charlie']],
  [
    'rows',
    [
      new Map<Data, Data>([
        ['n', 2],
        ['name', 'y'],
        ['tags', ['p', 'q']],
      ]),
      new Map<Data, Data>([
        ['n', 1],
        ['name', 'X'],
        ['tags', []],
      ]),
      new Map<Data, Data>([
        ['n', 2],
        ['name', 'a'],
        ['tags', ['r']],
      ]),
    ],
  ],
  [
    'd',
    new Map<Data, Data>([
      ['b', 1],
      ['a', 'two'],
      [10, null],
      ['items', 'shadow'],
    ]),
  ],
  ['e', new Map<Data, Data>()],
  [
    'deep',
    new Map<Data, Data>([['a', new Map<Data, Data>([['b', [1, new Map([['c', 'end']])]]])]]),
  ],
  ['nothing', null],
]);

const files: Readonly<Record<string, string>> = {
  part: 'part:{{ s }}{{ loop is defined }}{{ v is defined }}{% set leak = 1 %}\n',
  'dir/other.txt': '[{{ n }}{% if v is defined %}{{ v }}{% endif %}]',
  broken: 'x{{ 1 + }}',
  failing: 'line\n{{ zzz }}',
  lib: '{% macro f(a, b="z") %}<{{ a }}{{ b }}{{ n is defined }}>{% endmacro %}{% set seven = 7 %}{% set _hidden = 1 %}text',
  base: 'head {% block title %}T{{ n }}{% endblock %} {% block body scoped %}{% endblock %}\nfoot',
  middle: '{% extends "base" %}{% block title %}M{{ super() }}{% endblock %}',
};

const data = [
  'text ',
  '\n',
  ' ',
  'RUN a && \\\n  b',
  '  x\n',
  '{',
  '}',
  '%}',
  '}}',
  '# c\n',
  'é',
  '\t',
  '$' + '{X}',
  '\n\n',
];

/** A random template, as rich as Jinja2 is. The same seed gives the same one. */
export function randomCase(seed: number): Case {
  const chance = new Chance(seed);
  const template = new TemplateGenerator(chance).whole();
  // Every fifth one gets slips of the pen, so that what is not a template is refused by both.
  return { template: seed % 5 === 0 ? misspelt(template, chance) : template, context, files };
}

const slips = [
  ...'{}%#-+()[]|.,:=~*/<>!\'"\\ \nxi0_',
  '{{',
  '}}',
  '{%',
  '%}',
  '-%}',
  ' if ',
  ' not ',
];

function misspelt(template: string, chance: Chance): string {
  let text = Array.from(template);
  for (let slip = 0; slip <= chance.below(3); slip++) {
    const at = chance.below(text.length + 1);
    const removed = chance.pick([0, 1, 1, 2]);
    text = [
      ...text.slice(0, at),
      ...(chance.is(0.6) ? [chance.pick(slips)] : []),
      ...text.slice(at + removed),
    ];
  }
  return text.join('');
}

class TemplateGenerator {
  private readonly chance: Chance;
  private readonly expressions: ExpressionGenerator;
  private depth = 0;

  constructor(chance: Chance) {
    this.chance = chance;
    this.expressions = new ExpressionGenerator(chance);
  }

  whole(): string {
    const macros = this.chance.is(0.35)
      ? `${this.open()}macro macro_a(x='d')${this.close()}${this.body(['x'])}${this.tag('endmacro')}` +
        `{% macro macro_b(x, y=n) %}{{ x }}{{ y }}{% endmacro %}`
      : '';
    const start = this.chance.is(0.06)
      ? `${this.tag(`extends ${this.pick(["'base'", "'middle'", 'zzz', "'nosuch'", "'base' if yes else 'x'"])}`)}`
      : '';
    return start + macros + this.chance.several(1, 4, () => this.piece()).join('');
  }

  private pick<T>(items: readonly T[]): T {
    return this.chance.pick(items);
  }
  private any(): string {
    return this.expressions.any();
  }
  private open(): string {
    return this.pick(['{% ', '{%- ', '{%', '{%+ ', '{% ', '{% ']);
  }
  private close(): string {
    return this.pick([' %}', ' -%}', '%}', ' %}', ' %}', '\n%}', ' +%}']);
  }
  private tag(inside: string): string {
    return this.open() + inside + this.close();
  }

  /** A body that sees more names. */
  private body(names: readonly string[] = []): string {
    const { scope } = this.expressions;
    scope.push(...names);
    this.depth++;
    const made = this.chance.several(1, 3, () => this.piece()).join('');
    this.depth--;
    scope.splice(scope.length - names.length, names.length);
    return made;
  }

  private piece(): string {
    const roll = this.chance.next();
    if (roll < 0.25) {
      return this.pick(data);
    }
    if (roll < 0.6 || this.depth > 2) {
      return `${this.pick(['{{ ', '{{', '{{- ', '{{ '])}${this.any()}${this.pick([' }}', '}}', ' -}}', ' }}'])}`;
    }
    return this.statement();
  }

  private statement(): string {
    const g = this.expressions;
    switch (this.chance.below(21)) {
      case 0:
      case 1:
        return this.tag(`set ${this.pick(['v', 'w', 's', 'n'])} = ${this.any()}`);
      case 2:
        return (
          this.tag(`set v${this.pick(['', '|upper', "|replace('a', 'b')|trim", '|indent(2)'])}`) +
          this.body() +
          this.tag('endset')
        );
      case 3:
      case 4:
        return (
          this.tag(`if ${g.of('bool')}`) +
          this.body() +
          (this.chance.is(0.3) ? this.tag(`elif ${this.any()}`) + this.body() : '') +
          (this.chance.is(0.4) ? this.tag('else') + this.body() : '') +
          this.tag('endif')
        );
      case 5:
      case 6:
      case 7:
        return (
          this.tag(
            `for i in ${g.of(this.pick(['list', 'list', 'str', 'dict']))}${this.pick(['', '', '', ` if ${this.pick(['i', 'i != 1', 'i is string', 'loop.first'])}`])}`,
          ) +
          this.body([
            'i',
            `loop.${this.pick(['index', 'first', 'last', 'length', 'revindex', "cycle('o', 'e')", 'previtem|default(0)', 'nextitem|default(0)', 'changed(i)', 'depth'])}`,
          ]) +
          (this.chance.is(0.2) ? this.tag('else') + this.body() : '') +
          this.tag('endfor')
        );
      case 8:
        return (
          this.tag(
            `for k, w in ${this.pick(['d.items()', 'd|dictsort', 'rows|groupby("n")', '[[1, 2], (3, 4)]', 'e.items()', g.of('list')])}`,
          ) +
          this.body(['k', 'w']) +
          this.tag('endfor')
        );
      case 9:
        return `${this.tag('for r in [[1, [2, [3]]], [4]] recursive')}{{ ${this.pick(['loop.depth', 'loop.index', 'r'])} }}{% if r is not number %}{{ loop(r${this.pick(['', '|list', '[1:]'])}) }}{% endif %}${this.tag('endfor')}`;
      case 10:
        return (
          this.tag(`macro macro_b(x, y=${this.any()})`) +
          this.body(['x', 'y', this.pick(['varargs', 'kwargs', 'x'])]) +
          this.tag('endmacro') +
          `{{ macro_b(${this.pick(['1', `${this.any()}, y=2`, '1, 2, 3', '', '1, z=3', '*l', '**{"x": 1}'])}) }}`
        );
      case 11:
        return (
          '{% macro wrap(a=1) %}[{{ caller(' +
          this.pick(['', 'a', '1, 2']) +
          ') }}]{% endmacro %}' +
          this.tag(
            `call${this.pick(['', '(p)', '(p, q=3)'])} wrap(${this.pick(['', '2', 'a=s'])})`,
          ) +
          this.body(['p']) +
          this.tag('endcall')
        );
      case 12:
        return (
          this.tag(
            `filter ${this.pick(['upper', 'trim', "replace('a', 'b')", 'indent(1)|title', 'length', 'e'])}`,
          ) +
          this.body() +
          this.tag('endfilter')
        );
      case 13:
        return (
          this.tag(`with${this.pick(['', ` v = ${this.any()}`, ` v = 1, w = ${this.any()}`])}`) +
          this.body(['v']) +
          this.tag('endwith')
        );
      case 14:
        return `{% set q = ${g.of('list')} %}${this.tag(`do q.${this.pick([`append(${this.any()})`, 'sort()', 'reverse()', `extend(${g.of('list')})`, 'pop()', `insert(0, ${this.any()})`, 'pop(0)', 'clear()', `remove(${this.any()})`])}`)}{{ q }}`;
      case 15:
        return `{% set q = ${g.of('dict')} %}${this.tag(`do q.${this.pick([`update({'z': ${this.any()}})`, "pop('a')", "pop('zz', 0)", `setdefault('k', ${this.any()})`, 'update(y=1)', 'clear()', 'popitem()'])}`)}{{ q }}`;
      case 16:
        return `${this.pick(['{% raw %}', '{%- raw -%}'])}{{ no }}{% if %}${this.pick(data)}${this.pick(['{% endraw %}', '{%- endraw -%}'])}`;
      case 17:
        return `${this.pick(['{#', '{#-'])} c {{ x }} ${this.pick(['#}', '-#}'])}`;
      case 18:
        return this.tag(
          `include ${this.pick(["'part'", "'dir/other.txt'", "'nosuch' ignore missing", "['nosuch', 'part']", "'part' without context", "'nosuch'", "'broken'", "'failing'", "'part' ignore missing with context"])}`,
        );
      case 19:
        return this.pick([
          `{% import 'lib' as m %}{{ m.f(${this.any()}) }}{{ m.seven }}`,
          `{% from 'lib' import f, seven as w %}{{ f(1, ${this.any()}) }}{{ w }}`,
          `{% from 'lib' import f with context %}{{ f(s) }}`,
          "{% from 'lib' import nosuch %}{{ nosuch is defined }}",
          "{% import 'lib' as m %}{{ m }}{{ m._hidden is defined }}",
        ]);
      default:
        return this.pick([
          `{% set o = namespace(c=0) %}{% for i in ${g.of('list')} %}{% set o.c = o.c + 1 %}{% endfor %}{{ o.c }}`,
          `{% block b${this.chance.below(50)} %}${this.body()}{% endblock %}`,
          `{% block title %}${this.pick(['', '{{ super() }}', '{{ self.title is defined }}'])}x{% endblock %}`,
          `{% set a, b = ${g.of('list')} %}{{ a }}{{ b }}`,
          `{% set j = joiner(${this.pick(['', "'/'"])}) %}{% for i in ${g.of('list')} %}{{ j() }}{{ i }}{% endfor %}`,
          `{% print ${this.any()} %}`,
          `{% set fs = [] %}{% for i in [1, 2] %}{% macro late() %}{{ i }}{{ q|default('-') }}{% endmacro %}{% set q = i %}{% do fs.append(late) %}{{ late() }}{% endfor %}{% for f in fs %}{{ f() }}{% endfor %}`,
          `{% set c = 1 %}{% macro m1() %}{{ c }}{% endmacro %}{% if ${g.of('bool')} %}{% set c = 2 %}{% endif %}{{ m1() }}{% set c = 3 %}{{ m1() }}`,
          `{% macro m2(n) %}{{ n }}{% if n > 0 %}{{ m2(n - 1) }}{% endif %}{% endmacro %}{{ m2(${this.chance.below(5)}) }}`,
          `{% macro m3() %}{{ caller is defined }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m3(1, a=2) }}{{ m3.name }}{{ m3.arguments }}{{ m3.catch_kwargs }}`,
          `{% for i in [1, 2, 3] %}{% if loop.first %}{% set z = i %}{% endif %}{{ z|default('none') }}{% endfor %}{{ z is defined }}`,
          `{% for i in l %}{% for j in l %}{{ loop.index }}{{ loop.last }}{% endfor %}{{ loop.index }}{% endfor %}`,
          `{% for i in [1, 2] %}{% include 'part' %}{% endfor %}`,
          `{% for a, (b, c) in [(1, (2, 3)), (4, 'xy')] %}{{ a }}{{ b }}{{ c }}{% endfor %}`,
          `{% set v %}{% for i in ns %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}{% endset %}{{ v.split(',')|sort }}`,
          `{% with v = n, n = 9 %}{{ v }}{{ n }}{% with v = v %}{% set v = 0 %}{{ v }}{% endwith %}{{ v }}{% endwith %}{{ n }}`,
          `{% filter replace('a', '<')|e %}a{{ '<' }}{% endfilter %}`,
          `{{ ('<'|e) ~ '<' }}{{ ('<'|e) + '<' }}{{ '<' + ('<'|e) }}{{ ('<'|e) * 2 }}{{ ('a b'|e).split() }}{{ ('a'|e).replace('a', '<') }}`,
          `{% block scoped${this.chance.below(50)} scoped %}{{ n }}${this.body()}{% endblock %}`,
          `{{ self }}`,
          `{% set d2 = {} %}{% for k in words %}{% do d2.update({k: k|length}) %}{% endfor %}{{ d2 }}{{ d2|length }}{{ d2.keys()|first }}`,
          `{{ '{0[a]} {1[0]} {x}'.format({'a': 1}, [2], x=${this.any()}) }}`,
          `{{ '%(a)s %(b)05d' % {'a': ${this.any()}, 'b': 4} }}`,
          `{{ [${this.any()}, ${this.any()}]|sort }}`,
          `{{ ${this.any()} is ${this.pick(['eq', 'sameas', 'in'])} ${this.any()} }}`,
          `{{ range(${g.small()}, 10, ${g.small()})[${g.slice()}] }}`,
          `{{ "${this.pick(['a\\', '\\n', '\\x4', '\\u00e9', '\\é', '\\z', '\\07', '\\'])}" }}`,
          `{{ ${this.any()} ${this.pick(['+', '-', '*', '/', '//', '%', '**', '~', '<', '==', 'in', 'and', 'or'])} ${this.any()} }}`,
          `{{ l[${this.any()}] }}{{ d[${this.any()}] is defined }}`,
          `{% set q = words[:] %}{% do q.sort(key=${this.pick(['none', 'words.index', 'l.count', 'd.get'])}) %}{{ q }}`,
        ]);
    }
  }
}
