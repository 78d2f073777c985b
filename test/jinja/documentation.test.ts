import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dockerPkgFilters } from '#compiler/render/dockerPkgFilters.js';
import { builtinFilters } from '#jinja/filters/table.js';
import { globals } from '#jinja/globals.js';
import { defaultLimits, renderString } from '#jinja/index.js';
import { dictMethodNames } from '#jinja/methods/dict.js';
import { listMethodNames, tupleMethodNames } from '#jinja/methods/list.js';
import { strMethodNames } from '#jinja/methods/str.js';
import { builtinTests } from '#jinja/tests.js';
import { knownImages } from '../support/knownImages.js';

const page = readFileSync('doc/templates.md', 'utf8');

/** The names in backticks below a heading of the page, up to an empty line. */
function listed(heading: string): string[] {
  const [, rest = ''] = page.split(`\n${heading}:\n`);
  const [paragraph = ''] = rest.split('\n\n');
  return Array.from(paragraph.matchAll(/`(\w+)`/g), ([, name = '']) => name);
}

const refused = ['random', 'urlize', 'lipsum'];

function known(names: Iterable<string>): string[] {
  return [...names].filter((name) => /^\w+$/.test(name) && !refused.includes(name)).sort();
}

for (const [heading, names] of [
  ['Filters', builtinFilters.keys()],
  ['Tests', builtinTests.keys()],
  ['Functions', globals.keys()],
  ['Methods of str', strMethodNames()],
  ['Methods of list', listMethodNames()],
  ['Methods of dict', dictMethodNames()],
  ['Methods of tuple', tupleMethodNames()],
  [
    "docker-pkg's filters",
    dockerPkgFilters({ config: {}, findImage: knownImages([], '', '') }).keys(),
  ],
] as const) {
  test(`the page lists what there is: ${heading}`, () => {
    const list = listed(heading);
    assert.deepEqual(list, known(names));
  });
}

test('the page has the limits as they are', () => {
  for (const [name, value] of Object.entries(defaultLimits)) {
    const row = new RegExp(`\\| \`${name}\`: .* \\| ([\\d,]+) \\|`).exec(page);
    assert.equal(row?.[1]?.replaceAll(',', ''), String(value), name);
  }
});

/** A template for each row of the table of what is refused, in its order. */
const refusedTemplates: readonly (readonly string[])[] = [
  ['{{ [1, 2]|random }}', '{{ lipsum() }}'],
  ["{{ 'http://a'|urlize }}", "{{ ['x' * 100]|pprint }}"],
  ['{% autoescape false %}{% endautoescape %}'],
  ["{{ [1]|map('string') }}", "{{ 'a'.upper }}", '{{ cycler(1) }}'],
  ['{{ é }}', String.raw`{{ '\N{BULLET}' }}`, String.raw`{{ '\ud800' }}`],
  ["{{ ''.__class__ }}", '{{ range.start }}', '{{ (1).real }}', "{{ 'a'.encode() }}"],
  [String.raw`{{ ['\u2b96'] }}`, String.raw`{{ '\u019b'|upper }}`],
  ["{{ 'ǆ'.title() }}", "{{ '١'|int }}"],
  ['{% set n = 3 %}{{ -2 ** n }}', '{% set n = 3 %}{{ (1 - 3) ** n }}'],
  [
    "{{ '%a' % 1 }}",
    "{{ '{!a}'.format(1) }}",
    "{{ '{:n}'.format(1) }}",
    "{{ '{:z}'.format(1.5) }}",
    "{{ '{0.x}'.format(1) }}",
    "{{ '%#f' % 1 }}",
    "{{ '%5%' % () }}",
  ],
  ["{{ ('<b>'|e).strip('<') }}", "{{ ('a'|e).removeprefix('a') }}", "{{ 'x'|e|trim('x') }}"],
  ['{% set a, a = 1, 2 %}', '{{ dict(_loop_vars=1) }}'],
  ['{{ 2 ** 0.5 }}', '{{ ([0.1] * 10)|sum }}'],
  ['{{ 1e308 * 10 }}', "{{ 'inf'|float }}"],
  ["{{ 'a' is sameas 'a' }}", '{{ 1000 is sameas 1000 }}'],
  // Of a caller's choice: tested in data.test.ts and below test/render.
  [],
  [],
  [
    '{% set l = [] %}{% for i in [1] %}{% macro m() %}{{ i }}{% endmacro %}{% do l.append(m) %}{% endfor %}{{ l[0]() }}',
    "{% macro m() %}{% include 'a' without context %}{% endmacro %}{{ m() }}",
  ],
  ["{{ {}['a'] or 1 }}", '{{ 1[2:] }}', '{{ {[1]: 2} }}'],
];

test('what the page says to be refused is refused, row by row', () => {
  const rows = page
    .slice(page.indexOf('| what | why |'), page.indexOf('## What differs'))
    .split('\n')
    .filter((line) => line.startsWith('| ')).length;
  assert.equal(refusedTemplates.length, rows - 1);
  for (const template of refusedTemplates.flat()) {
    const result = renderString(template, {}, { files: { a: '' } });
    assert.ok(!result.ok && result.error.kind === 'NotSupported', template);
  }
});

test('the example of the page works', () => {
  const config = { known_uid_mappings: new Map(), apt_options: '' };
  const result = renderString('FROM {{ "go" | image_tag }}\n{% include "common" %}', config, {
    name: 'images/app/Dockerfile.template',
    files: { common: 'RUN {{ "git" | apt_install }}\n' },
    filters: dockerPkgFilters({
      config,
      findImage: knownImages(['registry.example/go:1.22-3'], 'registry.example', ''),
    }),
  });
  assert.ok(result.ok);
  assert.match(result.output, /^FROM registry\.example\/go:1\.22-3\nRUN apt-get update/);
});
