import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderString } from '#jinja/index.js';

const milliseconds = 100;
/** The time limit, and what one step and a busy machine may add; without the limit it is minutes. */
const patience = 5_000;

/** Templates that would work for minutes within one filter, method or operator. */
const slow: readonly (readonly [what: string, template: string])[] = [
  ['map of a filter', "{{ (['a' * 1000000] * 100000)|map('capitalize')|list|length }}"],
  ['map of a number filter', "{{ (['1' * 3000] * 100000)|map('int')|list|length }}"],
  ['select by a test', "{{ (['a' * 1000000] * 100000)|select('lower')|list|length }}"],
  ['comparing texts', "{% set s = 'a' * 1000000 %}{{ ([s ~ 'b'] * 100000).count(s ~ 'c') }}"],
  ['comparing ranges', '{{ ([range(100000)] * 100000)|map("last")|list|length }}'],
  [
    'grouped digits',
    "{% set f = '{0:_b}' * 2000 %}{% for i in range(99999) %}{% set x = f.format(2 ** 9998) %}{% endfor %}",
  ],
  [
    'powers of floats',
    '{% set a = 1.0000000000000002 %}{% for i in range(99999) %}{% set x = a ** -1100 %}{% endfor %}',
  ],
  [
    'methods of Markup',
    "{% set s = ('Aa' * 500000)|safe %}{% for i in range(99999) %}{% set x = s.istitle() %}{% endfor %}",
  ],
  ['wrapping', "{{ ((('aa-' * 6500 ~ '\\n') * 50) ~ 'a')|wordwrap(1) }}"],
  ['long attributes', "{{ ([{}] * 100000)|map(attribute='k.' * 40000 ~ 'k', default={})|list }}"],
];

for (const [what, template] of slow) {
  test(`the time limit holds within ${what}`, () => {
    const start = performance.now();
    const result = renderString(template, {}, { limits: { milliseconds } });
    assert.ok(!result.ok, 'it is slow');
    // A fast machine may reach the limit on all text of a rendering first.
    assert.equal(result.error.kind, 'LimitExceeded', result.error.message);
    assert.ok(performance.now() - start < patience, `${performance.now() - start} ms`);
  });
}

/** Templates that take time in proportion to their texts, and what they print. */
const linear: readonly (readonly [template: string, output: string])[] = [
  ["{{ ('1' * 1000000 ~ 'x')|float('none') }}", 'none'],
  ["{{ ('1' * 1000000 ~ '!')|int('none') }}", 'none'],
  ["{{ ('1_1' * 300000 ~ 'x')|float(7) }}", '7'],
  [
    "{{ ['1__1', '1.', '.', '1.5_0', '1_0.', '.5', '1._5']|map('float', 7)|join(' ') }}",
    '7 1.0 7 1.5 10.0 0.5 7',
  ],
  ["{% set s = 'a' * 1000000 %}{{ s.find('a' * 250000 ~ 'b' ~ 'a' * 250000) }}", '-1'],
  ["{% set s = 'a' * 1000000 %}{{ s.rfind('a' * 500000 ~ 'b') }}", '-1'],
  ["{% set s = 'a' * 1000000 %}{{ ('a' * 250000 ~ 'b' ~ 'a' * 250000) in s }}", 'False'],
  ["{% set s = 'a' * 1000000 %}{{ s.rpartition('a' * 500000 ~ 'b')[0] }}", ''],
  ["{% set s = 'a' * 1000000 %}{{ s.replace('a' * 400000, 'x')|replace('a', '') }}", 'xx'],
  [
    "{% set s = 'a' * 1000 %}{{ s.count('a' * 300) }} {{ s.find('a' * 65) }} {{ s.rfind('a' * 65) }}",
    '3 0 935',
  ],
  ["{% set s = ('ab' * 50 ~ 'c') * 3 %}{{ s.split('ab' * 49 ~ 'c') }}", "['ab', 'ab', 'ab', '']"],
  [
    "{% set w = 'ab' * 40 %}{{ ('x' ~ w ~ 'ab' ~ w).find(w) }} {{ ('x' ~ w ~ 'ab').rfind(w) }}",
    '1 3',
  ],
];

for (const [template, output] of linear) {
  test(`no more time than the texts are long: ${template}`, () => {
    const start = performance.now();
    const result = renderString(template);
    assert.equal(result.ok ? result.output : result.error.message, output);
    assert.ok(performance.now() - start < patience, `${performance.now() - start} ms`);
  });
}

test('an element of a format field may have brackets in it, thousands of them', () => {
  const result = renderString("{{ ('{a' ~ '[a' * 200000 ~ ']}').format(a={}) }}");
  assert.ok(!result.ok);
  assert.equal(result.error.kind, 'KeyError');
});
