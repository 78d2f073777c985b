import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasErrors } from '#core/diagnostics/diagnostic.js';
import { parseYaml } from '#formats/settings/yaml.js';
import { explain, lines } from '../../support/explain.js';
import { noPyYaml, pyYaml, show } from './pyyaml.js';

const skip = noPyYaml;

function shown(text: string): unknown {
  const { value, diagnostics } = parseYaml('f.yaml', text);
  return hasErrors(diagnostics) ? 'refused' : show(value.data);
}

function explained(text: string): string {
  return explain(parseYaml('f.yaml', text).diagnostics);
}

/** PyYAML's answer for a file, where docker-pkg takes an empty document for an empty mapping. */
function wanted(answer: unknown): unknown {
  return JSON.stringify(answer) === '["null"]' ? ['dict', []] : answer;
}

test('scalars: what each word of a table means', () => {
  const table: [string, unknown][] = [
    ['yes', ['bool', true]],
    ['Off', ['bool', false]],
    ['y', ['str', 'y']],
    ['017', ['int', '15']],
    ['08', ['str', '08']],
    ['0o17', ['str', '0o17']],
    ['0x1F', ['int', '31']],
    ['0b101', ['int', '5']],
    ['1_000', ['int', '1000']],
    ['1:30', ['int', '90']],
    ['-1:30', ['int', '-90']],
    ['1:30.5', ['float', '0x1.6a00000000000p+6']],
    ['2.0', ['float', '0x1.0000000000000p+1']],
    ['1e3', ['str', '1e3']],
    ['1.0e3', ['str', '1.0e3']],
    ['1.0e+3', ['float', '0x1.f400000000000p+9']],
    ['.5', ['float', '0x1.0000000000000p-1']],
    ['-.inf', ['float', '-inf']],
    ['~', ['null']],
    ['', ['null']],
    ['NULL', ['null']],
    ['nULL', ['str', 'nULL']],
    ['12345678901234567890', ['int', '12345678901234567890']],
    ['9007199254740993', ['int', '9007199254740993']],
    ['"yes"', ['str', 'yes']],
    ["'017'", ['str', '017']],
    ['!!str 12', ['str', '12']],
    ['!!int "12"', ['int', '12']],
    ['!!float 3', ['float', '0x1.8000000000000p+1']],
    ['1.2.3', ['str', '1.2.3']],
    ['2026-08-01', ['str', '2026-08-01']],
    ['2024-02-29', ['str', '2024-02-29']],
    // As PyYAML 6.0.3 and str() print them.
    ['2026-08-01 10:11:12', ['str', '2026-08-01 10:11:12']],
    ['2026-8-1T1:02:03.5Z', ['str', '2026-08-01 01:02:03.500000+00:00']],
    ['2026-08-01 10:11:12.1234567 +5', ['str', '2026-08-01 10:11:12.123456+05:00']],
    ['2026-08-01 10:11:12 -03:30', ['str', '2026-08-01 10:11:12-03:30']],
    ['2026-08-01 10:11:12 -00:00', ['str', '2026-08-01 10:11:12+00:00']],
    ['2026-08-01 10:11:12.000', ['str', '2026-08-01 10:11:12']],
    ['2026-08-01t10:11:12 +1:75', ['str', '2026-08-01 10:11:12+02:15']],
    ['registry:5000/x', ['str', 'registry:5000/x']],
  ];
  for (const [text, value] of table) {
    assert.deepEqual(shown(`k: ${text}\n`), ['dict', [[['str', 'k'], value]]], text);
  }
});

test('the same table, and every short word of digits and signs, in PyYAML', { skip }, () => {
  const alphabet = ['0', '1', '7', '9', '_', '.', ':', '-', '+', 'e', 'x', 'b', 'a', '~', '='];
  const words = fc.sample(fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 7 }), {
    numRuns: 4000,
    seed: 1,
  });
  const texts = words.map((word) => `k: ${word.join('')}\n`);
  let agreed = 0;
  pyYaml(texts).forEach((answer, index) => {
    const ours = shown(texts[index] ?? '');
    if (ours === 'refused') {
      return;
    }
    assert.deepEqual(ours, answer, texts[index]);
    agreed++;
  });
  assert.ok(agreed > 2500, `only ${agreed} were comparable`);
});

const kept = [
  'k: ! null\n',
  'k: ! >\n',
  ' ---\n',
  'k: "\\\n\n  x"\n',
  'k: [?a, :b]\n',
  'k: "\\ud83d\\ude00"\n',
  'a: &x {<<: {p: 1}, q: 2}\nb: {q: 3, <<: [*x, {p: 4, r: 5}]}\n',
  '? &m <<\n: {a: 1}\n',
  '{1: a, "1": b, 2.0: c, null: d, no: e}\n',
  'a: |\n  x\n\n   y\nb: >-\n  x\n  y\n\n  z\n',
  'a: "x\n  y\n\n  z"\n',
  'a:\r\n- 1\r\n- "b\r\n  c"\r\n',
];

test('random texts: what PyYAML reads, we read the same or refuse', { skip }, () => {
  const piece = fc.constantFrom(
    ...['a', 'y', '1', '0', '.', ':', ': ', ' ', '  ', '\n', '\n  ', '\n- ', '- ', '-', '?', '? '],
    ...['#', ' #', '[', ']', '{', '}', ',', ', ', '"', "'", '|', '>', '|-', '>+', '\n\n', '\t'],
    ...['&x ', '*x ', '!', '!!str ', '!!int ', '<<', '<<: ', '=', '~', 'yes', '1e3', '1.5', '017'],
    ...[
      '2020-01-01',
      '\\',
      '\\n',
      '%',
      '@',
      '---',
      '...',
      '\r\n',
      'é',
      'k: ',
      '\nk3: ',
      '\nk4:\n  ',
    ],
  );
  const start = fc.constantFrom(
    ...['k: ', 'k:\n  ', 'k: [', 'k: {a: ', 'k: "', "k: '", 'k: |\n', 'k: >\n  ', '', 'k:\n- '],
  );
  const closing: Record<string, string> = { '[': ']', '{': '}', '"': '"', "'": "'" };
  const text = fc
    .tuple(start, fc.array(piece, { minLength: 1, maxLength: 8 }))
    .map(([head, pieces]) => `${head}${pieces.join('')}${closing[head.charAt(3)] ?? ''}\n`);
  const texts = [...kept, ...fc.sample(text, { numRuns: 8000, seed: 1 })];
  let agreed = 0;
  pyYaml(texts).forEach((answer, index) => {
    const ours = shown(texts[index] ?? '');
    // Where PyYAML refuses, docker-pkg stopped: reading more than it is not a change to anyone.
    if (ours === 'refused' || answer === null) {
      return;
    }
    assert.deepEqual(ours, wanted(answer), JSON.stringify(texts[index]));
    agreed++;
  });
  assert.ok(agreed > 2000, `only ${agreed} were comparable`);
});

test('merge keys: order and precedence', () => {
  assert.deepEqual(shown('{<<: {a: 1, b: 2}, b: 3, c: 4}'), [
    'dict',
    [
      [
        ['str', 'a'],
        ['int', '1'],
      ],
      [
        ['str', 'b'],
        ['int', '3'],
      ],
      [
        ['str', 'c'],
        ['int', '4'],
      ],
    ],
  ]);
});

test('an empty file is an empty mapping', () => {
  for (const text of ['', '\n', '# nothing\n', '---\n', '~\n']) {
    assert.deepEqual(shown(text), ['dict', []], JSON.stringify(text));
  }
});

test('what is refused, and how', () => {
  assert.equal(
    explained('a: 1\nb: 2\na: 3\n'),
    lines(`
      f.yaml:3:1: error: the key \`a\` appears twice [duplicate-key]
          3 | a: 3
            | ^
        hint: remove one of the two: docker-pkg takes the last one silently
        f.yaml:1:1: first here
            1 | a: 1
              | ^
    `),
  );
  assert.equal(
    explained('m: {1: a, true: b}\n'),
    lines(`
      f.yaml:1:11: error: the key \`true\` appears twice [duplicate-key]
          1 | m: {1: a, true: b}
            |           ^^^^
        hint: remove one of the two: docker-pkg takes the last one silently
        f.yaml:1:5: first here
            1 | m: {1: a, true: b}
              |     ^
    `),
  );
  assert.equal(
    explained('when: 2024-13-31\nv: !python/name:os.system x\nw: =\n'),
    lines(`
      f.yaml:1:7: error: this value cannot be used: it reads as a date, and there is no such date [yaml-value]
          1 | when: 2024-13-31
            |       ^^^^^^^^^^
        hint: quote it to make it a string
      f.yaml:2:27: error: this value cannot be used: its tag is not one of the core types [yaml-value]
          2 | v: !python/name:os.system x
            |                           ^
        hint: quote it to make it a string
      f.yaml:3:4: error: this value cannot be used: \`=\` alone has a meaning of its own in YAML 1.1 [yaml-value]
          3 | w: =
            |    ^
        hint: quote it to make it a string
    `),
  );
  assert.equal(
    explained('- a\n- b\n'),
    lines(`
      f.yaml:1:1: error: the file contains a list where \`key: value\` lines are expected [not-a-mapping]
          1 | - a
            | ^^^
    `),
  );
  assert.equal(
    explained('a: 1\n---\nb: 2\n'),
    lines(`
      f.yaml:2:1: error: a second document begins here [yaml-documents]
          2 | ---
            | ^^^
        hint: keep one document in the file
    `),
  );
  assert.equal(
    explained('a: [1, 2\nb: 3\n'),
    lines(`
      f.yaml:2:1: error: not valid YAML: deficient indentation [yaml-syntax]
          2 | b: 3
            | ^
    `),
  );
  assert.equal(
    explained('a: x\u2028y\n'),
    lines(`
      f.yaml:1:5: error: the character U+2028 is not allowed in a YAML file [yaml-character]
          1 | a: x\\u2028y
            |     ^^^^^^
        hint: remove it, or write it in double quotes as "\\u2028"
    `),
  );
  assert.equal(
    explained('a: &x [*x]\nb: *y\n[1]: 2\n'),
    lines(`
      f.yaml:1:9: error: the alias \`x\` contains itself [yaml-alias]
          1 | a: &x [*x]
            |         ^
      f.yaml:2:5: error: the alias \`y\` has no anchor before it [yaml-alias]
          2 | b: *y
            |     ^
      f.yaml:3:1: error: a list or a mapping cannot be a key [yaml-key]
          3 | [1]: 2
            | ^^
    `),
  );
});

test('a tower of aliases is refused at once', () => {
  const levels = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let n = 1; n < 12; n++) {
    levels.push(
      `a${n}: &a${n} [${Array(10)
        .fill(`*a${n - 1}`)
        .join(',')}]`,
    );
  }
  const { diagnostics } = parseYaml('f.yaml', `${levels.join('\n')}\n`);
  assert.deepEqual(
    diagnostics.map(({ code, place }) => [code, place?.line]),
    [['yaml-too-large', 6]],
  );
});

test('no part of a password is shown', () => {
  const texts = [
    'password: *hunter2\n',
    'password: !hunter2 x\n',
    'password: 2024-01-31 25:00:00\n',
    'password: "hunter2\n',
    'password: [hunter2\n',
    'password: hunter2: x\n',
    'password: |\n  hunter2\n \thunter2: [\n',
    '{password: hunter2, password: hunter2}\n',
    'password: a\u2028hunter2\n',
    'http_proxy: [http://me:hunter2@proxy\n',
  ];
  for (const text of texts) {
    const message = explained(text);
    assert.notEqual(message, '', text);
    assert.doesNotMatch(message, /hunter2|2024-01/, text);
  }
});
