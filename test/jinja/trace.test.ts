import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Environment } from '#jinja/index.js';

/** Each rendered line with `file:line` of its origin before it. */
function traced(
  template: string,
  variables: Record<string, string | number | string[]> = {},
  files: Record<string, string> = {},
): string[] {
  const environment = new Environment();
  const options = { name: 'main', files };
  const result = environment.render(template, variables, options);
  assert.ok(result.ok);
  const origins = environment.trace(template, variables, options);
  const lines = result.output.split('\n');
  assert.equal(origins.length, lines.length);
  return lines.map((line, index) => `${origins[index]?.file}:${origins[index]?.line} ${line}`);
}

test('a line of text comes from its line of the template', () => {
  assert.deepEqual(traced('FROM a\n\nRUN b\nRUN {{ c }} d\n', { c: 'x' }), [
    'main:1 FROM a',
    'main:2 ',
    'main:3 RUN b',
    'main:4 RUN x d',
  ]);
});

test('lines that an expression makes come from its line', () => {
  assert.deepEqual(traced('FROM a\nRUN {{ c }}\nRUN d', { c: 'x \\\n  y \\\n  z' }), [
    'main:1 FROM a',
    'main:2 RUN x \\',
    'main:2   y \\',
    'main:2   z',
    'main:3 RUN d',
  ]);
});

test('statements that print nothing do not shift the lines', () => {
  assert.deepEqual(
    traced('{% set a = 1 %}\n{# a\ncomment #}\n{%- if a %}\nRUN {{ a }}\n{% endif -%}\n\nUSER b'),
    ['main:1 ', 'main:4 ', 'main:5 RUN 1', 'main:8 USER b'],
  );
});

test('the turns of a loop come from the same lines', () => {
  assert.deepEqual(traced('{% for x in xs -%}\nRUN {{ x }}\n{% endfor %}END', { xs: ['a', 'b'] }), [
    'main:2 RUN a',
    'main:2 RUN b',
    'main:3 END',
  ]);
});

test('what a macro or a set block made comes from where it is printed', () => {
  assert.deepEqual(
    traced(
      '{% macro m() %}RUN a\n{% if caller is defined %}{{ caller() }}{% endif %}{% endmacro %}{% set s %}x\n{% include "part" %}{% endset %}\n{{ m() }}\n{{ s }}\n{% call m() %}b{% endcall %}',
      {},
      { part: 'y\nz' },
    ),
    [
      'main:3 ',
      'main:4 RUN a',
      'main:4 ',
      'main:5 x',
      'main:5 y',
      'main:5 z',
      'main:6 RUN a',
      'main:6 b',
    ],
  );
});

test('included lines come from the file that is included', () => {
  assert.deepEqual(
    traced(
      'FROM a\n{% include "part" %}\nRUN c\n',
      {},
      { part: 'RUN 1\nRUN {% include "inner" %}\nRUN 3', inner: 'x\ny' },
    ),
    ['main:1 FROM a', 'part:1 RUN 1', 'part:2 RUN x', 'inner:2 y', 'part:3 RUN 3', 'main:3 RUN c'],
  );
});

test('lines of a parent template and of blocks come from where they are written', () => {
  assert.deepEqual(
    traced(
      '{% extends "base" %}\n{% block body %}RUN child\n{{ super() }}{% endblock %}\n',
      {},
      { base: 'FROM a\n{% block body %}RUN base{% endblock %}\nEND' },
    ),
    ['base:1 FROM a', 'main:2 RUN child', 'main:3 RUN base', 'base:3 END'],
  );
});

test('a template that does not render has no trace', () => {
  assert.deepEqual(new Environment().trace('{{ nosuch }}', {}), []);
});

test('lines of one long piece are counted on, not again for each: else this takes minutes', () => {
  const count = 200_000;
  const template = `{{ 1 }}\n${'\n'.repeat(count)}{{ 2 }}\n`;
  const origins = new Environment().trace(template, {});
  assert.equal(origins[1]?.line, 2);
  assert.equal(origins[count + 1]?.line, count + 2);
});
