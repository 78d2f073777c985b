import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Data, renderString, type TemplateError } from '#jinja/index.js';

function errorOf(
  template: string,
  context: Record<string, Data> = {},
  files: Record<string, string> = {},
): TemplateError {
  const result = renderString(template, context, { name: 'main', files });
  assert.ok(!result.ok, `it rendered: ${result.ok ? result.output : ''}`);
  return result.error;
}

/** `line:column kind: message` */
function shown(error: TemplateError): string {
  const { place, kind, message } = error;
  return `${place.file}:${place.line}:${place.column} ${kind}: ${message}`;
}

for (const [template, expected] of [
  ['a\n  {{ nosuch }}', "main:2:6 UndefinedError: 'nosuch' is undefined"],
  ['{{ 1 + nosuch }}', "main:1:8 UndefinedError: 'nosuch' is undefined"],
  ["{{ 'a'\n.nosuch }}", "main:2:2 UndefinedError: 'str object' has no attribute 'nosuch'"],
  ["{{ 'a'|nosuch }}", "main:1:8 TemplateAssertionError: No filter named 'nosuch'."],
  ['{{ 1 is nosuch }}', "main:1:6 TemplateAssertionError: No test named 'nosuch'."],
  ["x\n{{ 'a' + 1 }}", 'main:2:8 TypeError: can only concatenate str (not "int") to str'],
  ['{{ 1 / 0 }}', 'main:1:6 ZeroDivisionError: division by zero'],
  ['{{ [1,\n2 }}', "main:2:3 TemplateSyntaxError: unexpected '}', expected ']'"],
  [
    '{% if x %}\n{{ 1 }}',
    "main:2:6 TemplateSyntaxError: Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.",
  ],
  ['\n{% endfor %}', "main:2:4 TemplateSyntaxError: Encountered unknown tag 'endfor'."],
  ['{{ a ? b }}', "main:1:6 TemplateSyntaxError: unexpected char '?' at 5"],
  ['{% for x in 5 %}{% endfor %}', "main:1:13 TypeError: 'int' object is not iterable"],
  ['{% set a, b = [1] %}', 'main:1:8 ValueError: not enough values to unpack (expected 2, got 1)'],
  ['{{ namé }}', 'main:1:7 NotSupported: a name with other than ASCII letters is not supported'],
  [
    '{% autoescape true %}{% endautoescape %}',
    'main:1:4 NotSupported: the tag autoescape is not supported',
  ],
  ["{% include 'nosuch' %}", 'main:1:4 TemplateNotFound: nosuch'],
  ['{% extends 5 %}', 'main:1:4 TypeError: a template name must be a string, not int'],
  [
    '{% set s = 1 %}\r\n\r\n{{ s.x }}',
    "main:3:6 UndefinedError: 'int object' has no attribute 'x'",
  ],
] as const) {
  test(`the place and the words of ${JSON.stringify(template)}`, () => {
    assert.equal(shown(errorOf(template)), expected);
  });
}

test('the excerpt is the line, as it stands in the file', () => {
  assert.equal(errorOf('a\n\tRUN {{ nosuch }} # x\nb').place.lineText, '\tRUN {{ nosuch }} # x');
});

test('an undefined name gets the nearest known ones', () => {
  const context = { registry: 'r', distribution: 'd' };
  assert.deepEqual(errorOf('{{ registy }}', context).suggestions, ['registry']);
  assert.deepEqual(errorOf('{% set packages = 1 %}{{ package }}').suggestions, ['packages']);
  assert.deepEqual(errorOf('{% for item in [1] %}{{ itme }}{% endfor %}').suggestions, ['item']);
  assert.deepEqual(errorOf('{{ rnage(3) }}').suggestions, ['range']);
  assert.deepEqual(errorOf('{{ entirelyElse }}', context).suggestions, []);
});

test('so do attributes, filters, tests and templates', () => {
  const dict = new Map<Data, Data>([
    ['version', 1],
    ['name', 2],
  ]);
  assert.deepEqual(errorOf('{{ d.versoin }}', { d: dict }).suggestions, ['version']);
  assert.deepEqual(errorOf("{{ 'a'.uper() }}").suggestions, ['upper']);
  assert.deepEqual(errorOf("{{ 'a'|repalce('a', 'b') }}").suggestions, ['replace']);
  assert.deepEqual(errorOf('{{ 1 is dividibleby 2 }}').suggestions, ['divisibleby']);
  assert.deepEqual(errorOf("{% include 'comon' %}", {}, { common: '' }).suggestions, ['common']);
});

test('a block that is not closed is named with its line', () => {
  assert.equal(errorOf('x\n{% if 1 %}\ny\n').hint, "'if' is opened on line 2");
  assert.equal(
    errorOf('{% if 1 %}\n{% for x in y %}\n{% endif %}').hint,
    "'for' is opened on line 2",
  );
  assert.equal(errorOf('{% endif %}').hint, undefined);
});

test('the end of a template is where its last part begins, as in Jinja2', () => {
  assert.equal(errorOf('{% if 1 %}\na\nb\n').place.line, 1);
  assert.equal(errorOf('{% if 1 %}\na{{ 1 }}\n').place.line, 2);
});

test('a filter that is called like a function is told', () => {
  assert.equal(errorOf("{{ upper('a') }}").hint, `'upper' is a filter: write "value | upper"`);
});

test('templates that a loader has are among the suggestions', () => {
  const result = renderString(
    "{% include 'comon' %}",
    {},
    {
      load: () => undefined,
      loadable: () => ['common', 'else'],
    },
  );
  assert.ok(!result.ok);
  assert.deepEqual(result.error.suggestions, ['common']);
});

test('an error in an included file comes with the way there, innermost first', () => {
  const error = errorOf('\n{% include "a" %}', {}, { a: 'x{% include "b" %}', b: '\n\n{{ zzz }}' });
  assert.equal(shown(error), "b:3:4 UndefinedError: 'zzz' is undefined");
  assert.deepEqual(
    error.chain.map(({ how, place }) => `${how} ${place.file}:${place.line}`),
    ['included a:1', 'included main:2'],
  );
});

test('a syntax error in an imported or extended file too', () => {
  const imported = errorOf('{% import "a" as a %}', {}, { a: 'x\n{{ ( }}' });
  assert.equal(shown(imported), "a:2:6 TemplateSyntaxError: unexpected '}', expected ')'");
  assert.deepEqual(
    imported.chain.map(({ how, place }) => `${how} ${place.file}:${place.line}`),
    ['imported main:1'],
  );
  const extended = errorOf('\n{% extends "a" %}', {}, { a: '{{ 1|nosuch }}' });
  assert.equal(extended.place.file, 'a');
  assert.deepEqual(
    extended.chain.map(({ how, place }) => `${how} ${place.file}:${place.line}`),
    ['extended main:2'],
  );
});

test('an error in a macro comes with its calls', () => {
  const error = errorOf(
    '{% from "lib" import outer %}\n\n{{ outer(none) }}',
    {},
    {
      lib: '{% macro inner(x) %}\n{{ x.y }}\n{% endmacro %}{% macro outer(x) %}\n{{ inner(x) }}{% endmacro %}',
    },
  );
  assert.equal(shown(error), "lib:2:6 UndefinedError: 'None' has no attribute 'y'");
  assert.deepEqual(
    error.chain.map(({ how, place }) => `${how} ${place.file}:${place.line}`),
    ['macro lib:4', 'macro main:3'],
  );
});

test('a long way is cut short', () => {
  const error = errorOf(
    '{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% else %}{{ zzz }}{% endif %}{% endmacro %}{{ m(30) }}',
  );
  assert.equal(error.chain.length, 10);
});

test('what is not supported says what to do, where that is known', () => {
  const error = errorOf("{{ ['a']|map('upper') }}");
  assert.equal(error.kind, 'NotSupported');
  assert.match(error.message, /memory address/);
  assert.match(error.hint ?? '', /\|list or \|join/);
});

test('a message does not grow with the values it is about', () => {
  assert.ok(errorOf("{{ {}[('x' * 100000)] }}").message.length < 1100);
});

test('names of the generated code’s own never meet names of templates', () => {
  const names = [
    'K',
    'R',
    'T',
    'C',
    'P',
    'o',
    'p',
    'I',
    'F',
    'D',
    'v0',
    't_1',
    'b0',
    'root',
    'let',
    'class',
    'this',
    'arguments',
    'eval',
  ];
  for (const name of names) {
    const result = renderString(
      `{% set ${name} = 1 %}{% macro m(${name}) %}{{ ${name} }}{% endmacro %}{% for ${name} in [2] %}{{ ${name} }}{% endfor %}{{ m(${name}=3) }}{{ ${name} }}{% block ${name} %}{% endblock %}`,
    );
    assert.ok(result.ok && result.output === '231', name);
  }
});
