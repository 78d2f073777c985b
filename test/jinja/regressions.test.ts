import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Data, renderString } from '#jinja/index.js';

/**
 * Templates on which we once differed from Jinja2, mostly found by the random ones, with what
 * Jinja2 3.1.2 makes of them. An error stands as its kind.
 */
const cases: readonly (readonly [
  template: string,
  expected: string | { readonly kind: string },
])[] = [
  // A dict's missing key is None's key, not its default's.
  ["{{ {'a': none}.get('a', 5) }}{{ {'a': none}.pop('a', 5) }}{{ {'a': none}.a }}", 'NoneNoneNone'],
  // The zero of a division keeps its sign.
  ['{{ 0 / -5 }}{{ -0 }}{{ 0 * -1 }}{{ 0.0 * -1 }}', '-0.000-0.0'],
  // `in` is not an end of a target, so it is one.
  ['{% for in x %}{% endfor %}', { kind: 'TemplateSyntaxError' }],
  // What is asked for among filters must be hashable.
  ["{{ {'a': 1} is filter }}", { kind: 'TypeError' }],
  // A macro's parameter that its body sets again.
  ['{% macro m(x) %}{% set x = x ~ 1 %}{{ x }}{% endmacro %}{{ m(2) }}', '21'],
  // Jinja2 prints its own sentinel here.
  [
    '{% set l = [] %}{% for i in [1] %}{% macro m() %}{{ i }}{% endmacro %}{% do l.append(m) %}{% endfor %}{{ l[0]() }}',
    { kind: 'NotSupported' },
  ],
  // Here it writes past the macro, or prints a generator’s address.
  [
    "{% macro m() %}{% include 'a' without context %}{% endmacro %}{{ m() }}",
    { kind: 'NotSupported' },
  ],
  // The optimiser complains of a constant key even in code that never runs.
  ['{% if false %}{{ {[1]: 2}.a }}{% endif %}', { kind: 'NotSupported' }],
  ["{% if false %}{{ 1 if {}['a'] }}{% endif %}", { kind: 'NotSupported' }],
  ["{% if false %}{{ ([]|first) ~ 'a' }}{% endif %}", { kind: 'NotSupported' }],
  ["{{ ('a'|upper) ~ 'b' }}{{ {'a': 1}[x|string] is defined or 1 }}", 'Ab1'],
  ["{{ 'abc'[-1] ~ {'a': 1}.a ~ ([3, 1]|max) }}{{ {'k': 'v'}['k'] or 1 }}", 'c13v'],
  ["{% if false %}{{ 'inf'|float }}{% endif %}{{ 'abc'[9] is defined }}", 'False'],
  // An empty name is not a method that is refused.
  ["{{ {}[''] is defined }}", 'False'],
  ['{{ range(10)[1:8:3] }}{{ range(3)[5:] }}', 'range(1, 8, 3)range(3, 3)'],
  ["{{ '  a b  '.rsplit(none, 1) }}{{ ' a b  c '.split(none, 1) }}", "['  a', 'b']['a', 'b  c ']"],
  ['{{ [[1], [1, 2]]|sort }}{{ [{}, {}]|sort }}', '[[1], [1, 2]][{}, {}]'],
  // A condition’s branch that does not set a variable leaves it as it is outside.
  ['{% if false %}{% set x = 2 %}{% endif %}{{ x }}', '1'],
  [
    '{% for i in [1, 2] %}{% if i == 2 %}{% set x = i %}{% endif %}{{ x }}{% endfor %}{{ x }}',
    '121',
  ],
];

for (const [template, expected] of cases) {
  test(`once wrong: ${template}`, () => {
    const context: Record<string, Data> = { x: 1 };
    const result = renderString(template, context, { files: { a: 'A' } });
    if (typeof expected === 'string') {
      assert.ok(result.ok, result.ok ? '' : result.error.message);
      assert.equal(result.output, expected);
    } else {
      assert.ok(!result.ok);
      assert.equal(result.error.kind, expected.kind);
    }
  });
}
