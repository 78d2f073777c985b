import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits, type Limits, renderString } from '#jinja/index.js';

/** For each limit a template that reaches it exactly, one that passes it, and the error's words. */
const cases: readonly {
  readonly limits: Partial<Limits>;
  readonly within: string;
  readonly beyond: string;
  readonly message: RegExp;
}[] = [
  {
    limits: { outputLength: 2000 },
    within: '{% for i in range(100) %}12345678901234567890{% endfor %}',
    beyond: '{% for i in range(101) %}12345678901234567890{% endfor %}',
    message: /^an output of more than 2000 characters$/,
  },
  {
    limits: { outputLength: 2000 },
    within: "{% set s = 'x' * 1000 %}{{ (s ~ s)|length }}",
    beyond: "{% set s = 'x' * 1001 %}{{ (s ~ s)|length }}",
    message: /^text of more than 2000 characters$/,
  },
  {
    limits: { range: 50 },
    within: '{{ range(50)|length }}{{ (range(25)|list + range(25)|list)|length }}',
    beyond: '{{ range(51)|length }}',
    message: /^a list or range of more than 50 elements$/,
  },
  {
    limits: { range: 50 },
    within: '{% set l = range(49)|list %}{% do l.append(1) %}',
    beyond: '{% set l = range(50)|list %}{% do l.append(1) %}',
    message: /^a list or range of more than 50 elements$/,
  },
  {
    limits: { repetition: 100 },
    within: "{{ 'ab' * 50 }}{{ ([0] * 100)|length }}{{ 'x'.center(101) }}",
    beyond: "{{ 'ab' * 51 }}",
    message: /^a repetition that makes more than 100 elements$/,
  },
  {
    limits: { power: 64 },
    within: '{{ 2 ** 63 }}{{ 3 ** 40 }}',
    beyond: '{{ 2 ** 80 }}',
    message: /^an integer of more than 64 bits$/,
  },
  {
    limits: { recursion: 10 },
    within: '{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(8) }}',
    beyond: '{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(9) }}',
    message: /^nesting deeper than 10 levels$/,
  },
  {
    limits: { milliseconds: 30 },
    within: '{% for i in range(10) %}{% endfor %}',
    beyond: '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
    message: /^rendering takes more than 30 ms$/,
  },
];

for (const { limits, within, beyond, message } of cases) {
  const [[name, value] = []] = Object.entries(limits);
  test(`the limit ${name} of ${value} holds, and no sooner: ${beyond}`, () => {
    const allowed = renderString(within, {}, { limits });
    assert.ok(allowed.ok, allowed.ok ? '' : allowed.error.message);
    const refused = renderString(beyond, {}, { limits });
    assert.ok(!refused.ok);
    assert.equal(refused.error.kind, 'LimitExceeded');
    assert.match(refused.error.message, message);
    assert.equal(refused.error.place.line, 1);
    assert.ok(refused.error.hint !== undefined);
  });
}

test('a limit cannot be caught: filters that take errors as "no number" do not take these', () => {
  for (const template of ["{{ ('x' * 999999999)|int }}", '{{ (9 ** 99999)|int(5) }}']) {
    const result = renderString(template);
    assert.ok(!result.ok && result.error.kind === 'LimitExceeded', template);
  }
});

test('all text of one rendering together is limited too', () => {
  const result = renderString(
    `{% set l = [] %}{% for i in range(90000) %}{% do l.append('x' * 100000 ~ i) %}{% endfor %}`,
  );
  assert.ok(!result.ok);
  assert.match(result.error.message, /^more than \d+ characters of text in one rendering$/);
});

test('one rendering does not use up what belongs to the next', () => {
  const template = `{% for i in range(200) %}{{ ('x' * 100000)|length }}{% endfor %}`;
  for (let turn = 0; turn < 20; turn++) {
    assert.ok(renderString(template).ok);
  }
});

test('the defaults leave room for what a Dockerfile may need', () => {
  assert.ok(defaultLimits.outputLength >= 1024 * 1024);
  assert.ok(defaultLimits.range >= 10_000);
  assert.ok(defaultLimits.milliseconds >= 1000);
});
