import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasErrors } from '#core/diagnostics/diagnostic.js';
import { parseToml } from '#formats/settings/toml.js';
import { explain, lines } from '../../support/explain.js';
import { noPython, pythonWith } from '../../support/python.js';
import { show } from './pyyaml.js';

/** Python's tomllib, in the notation of `show`; null where it refuses a text. */
const program = `
import datetime, json, sys, tomllib
def show(v):
    if isinstance(v, bool): return ['bool', v]
    if isinstance(v, int): return ['int', str(v)]
    if isinstance(v, float): return ['float', v.hex()]
    if isinstance(v, str): return ['str', v]
    if isinstance(v, list): return ['list', [show(x) for x in v]]
    if isinstance(v, dict): return ['dict', [[['str', k], show(x)] for k, x in v.items()]]
    return ['other']
answers = []
for text in json.load(sys.stdin):
    try: answers.append(show(tomllib.loads(text)))
    except Exception: answers.append(None)
json.dump(answers, sys.stdout)
`;
const skip = noPython('tomllib', 'python3 (3.11 or newer)');

function tomllib(texts: readonly string[]): unknown[] {
  const run = spawnSync(pythonWith('tomllib') ?? '', ['-c', program], {
    input: JSON.stringify(texts),
  });
  return JSON.parse(run.stdout.toString()) as unknown[];
}

function shown(text: string): unknown {
  const { value, diagnostics } = parseToml('f.toml', text);
  return hasErrors(diagnostics) ? 'refused' : show(value.data);
}

function explained(text: string): string {
  return explain(parseToml('f.toml', text).diagnostics);
}

const samples = [
  'registry = "r"\nn = 2.0 # c\nm = [1, 2.5, "a", {b = 1, c.d = 3, 1 = 2}]\n',
  'big = 9007199254740993\nneg = -12_000\nhex = 0xff_ff\noct = 0o17\nbin = 0b11\n',
  'a = +1e3\nb = -inf\nc = nan\nd = 6.02e-23\ne = 0.0\n',
  '[ids]\n10 = 1\n2 = 3\n"a b" = 4\n\'c\' = 5\n[ids.more]\nx.y = true\n',
  '[[tree]]\ndirectory = "a"\n[tree.x]\ny = 1\n[[tree]]\ndirectory = "b"\n',
  'a."b c".d = 1\n[a.e]\nz = 1\n',
  'a = {}\nb = []\nc = [[1], [2, [3]], []]\nd = [\n  1, # one\n  2,\n]\n',
  's = """\na\\\n   b\n"""\nt = \'\'\'\nx\\y\'\'\'\nu = "\\u00e9\\t"\n',
  '# c\r\nx = 1\r\ny = "z" # d\r\n',
  'a.b.c = 1\na.b.d = 2\n[x.y]\n[x]\nz = 1\n',
  '',
];

test('values, order and types are tomllib’s', { skip }, () => {
  tomllib(samples).forEach((answer, index) => {
    assert.deepEqual(shown(samples[index] ?? ''), answer, samples[index]);
  });
});

test('random texts: what tomllib reads, we read the same or refuse', { skip }, () => {
  const piece = fc.constantFrom(
    ...['a', 'b.c', '"d e"', '1', ' = ', '=', '1', '2.0', '-3', '0x1f', '1e3', '"x"', "'y'", '\n'],
    ...[
      '\n[t]\n',
      '\n[t.u]\n',
      '\n[[l]]\n',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '# c',
      'true',
      '"""',
      '\r\n',
    ],
  );
  const line = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
  const pair = fc.tuple(fc.constantFrom('a', 'b', 'a.b', 't.x', '"q r"', '7'), piece, piece);
  const assignment = pair.map(([key, one, two]) => `${key} = ${one}${two}`);
  const header = fc.constantFrom('[t]', '[[l]]', '[l.m]', '[a]', '[t.x]');
  const text = fc
    .array(fc.oneof({ weight: 1, arbitrary: line }, { weight: 6, arbitrary: assignment }, header), {
      maxLength: 5,
    })
    .map((all) => all.join('\n'));
  const texts = fc.sample(text, { numRuns: 6000, seed: 1 });
  let agreed = 0;
  tomllib(texts).forEach((answer, index) => {
    const ours = shown(texts[index] ?? '');
    if (ours === 'refused' || answer === null) {
      return;
    }
    assert.deepEqual(ours, answer, JSON.stringify(texts[index]));
    agreed++;
  });
  assert.ok(agreed > 600, `only ${agreed} were comparable`);
});

test('what is refused, and how', () => {
  assert.equal(
    explained('a = 1\na = 2\n'),
    lines(`
      f.toml:2:1: error: this key appears twice [duplicate-key]
          2 | a = 2
            | ^
        f.toml:1:1: first here
            1 | a = 1
              | ^
    `),
  );
  assert.equal(
    explained('d = 2020-01-01\nq = 9223372036854775808\n'),
    lines(`
      f.toml:1:5: error: this value cannot be used: it is a date [toml-value]
          1 | d = 2020-01-01
            |     ^^^^^^^^^^
        hint: quote it to make it a string
      f.toml:2:5: error: this value cannot be used: an integer of TOML has at most 64 bits [toml-value]
          2 | q = 9223372036854775808
            |     ^^^^^^^^^^^^^^^^^^^
        hint: quote it to make it a string
    `),
  );
  assert.equal(
    explained('[a]\nx = [1 2]\n'),
    lines(`
      f.toml:2:8: error: not valid TOML: invalid character, expected whitespace, comma (,) or close bracket (]) [toml-syntax]
          2 | x = [1 2]
            |        ^
    `),
  );
});

test('inherited names of JavaScript objects are refused, and nothing is written into them', () => {
  for (const text of [
    'constructor.x = 1',
    '[constructor]\nx = 1',
    '[[toString]]',
    '__proto__.x = 1',
    'a = {constructor.x = 1}',
    '[a.__proto__]\nx = 1',
  ]) {
    assert.match(explained(text), /the key `\w+` cannot be used/, text);
  }
  assert.equal('x' in Object, false);
  assert.equal('x' in {}, false);
});

test('no part of a password is shown', () => {
  for (const text of [
    'password = "hunter2\n',
    'password = hunter2\n',
    'password = """\nhunter2\nhunter2 = \\x"""\n',
    'password = ["hunter2" x]\n',
  ]) {
    const message = explained(text);
    assert.notEqual(message, '', text);
    assert.doesNotMatch(message, /hunter2/, text);
  }
});
