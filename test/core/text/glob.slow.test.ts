import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { readGlob } from '#core/text/glob.js';
import { noPython, pythonWith } from '../../support/python.js';

const matches = (glob: string, text: string) => readGlob(glob).test(text);

test('the meaning of Python fnmatch', () => {
  assert.ok(matches('*golang*', 'r.example:5000/ns/golang1.24:1.2-3'));
  assert.ok(!matches('golang*', 'r/golang'));
  assert.ok(matches('r/?olang', 'r/golang'));
  assert.ok(!matches('r/golang', 'r/Golang'));
  assert.ok(matches('a[!b-d]c', 'aec') && !matches('a[!b-d]c', 'abc'));
  assert.ok(matches('[]a]', ']') && matches('[!]a]', 'b') && !matches('[!]a]', ']'));
  assert.ok(matches('a[b', 'a[b') && matches('a.b+c', 'a.b+c') && !matches('a.b', 'axb'));
  assert.ok(!matches('[b-a]', 'a') && matches('[!b-a]', 'a'));
  assert.ok(!matches('[b-a!c]', 'c') && matches('[b-a!c]', '!'));
  assert.ok(matches('a*b', 'a\nb'));
  assert.ok(matches('*', ''));
});

const letters = fc.constantFrom(
  'a',
  'b',
  'c',
  '-',
  '!',
  '[',
  ']',
  '*',
  '?',
  '^',
  '\\',
  '/',
  '.',
  '😀',
);
const words = fc.array(letters, { maxLength: 7 }).map((each) => each.join(''));

test('it agrees with Python on random globs', { skip: noPython('fnmatch', 'python3') }, () => {
  const cases = fc.sample(fc.tuple(words, words), { numRuns: 20_000 });
  const script =
    'import fnmatch, json, sys; print(json.dumps([fnmatch.fnmatchcase(t, g) for g, t in json.load(sys.stdin)]))';
  const { stdout, stderr } = spawnSync(pythonWith('fnmatch') ?? '', ['-c', script], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  const expected = JSON.parse(stdout) as boolean[];
  assert.ok(expected.filter(Boolean).length > 300);
  for (const [index, [glob, text]] of cases.entries()) {
    assert.equal(matches(glob, text), expected[index], `${glob} on ${text}`);
  }
});
