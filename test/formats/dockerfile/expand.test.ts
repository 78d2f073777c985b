/** Expected values checked with the shell lexer of BuildKit 0.32. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expand } from '#formats/dockerfile/expand.js';

const variables = new Map([
  ['x', 'foo-bar-bar.baz'],
  ['empty', ''],
  ['path', 'a/b/c.tar.gz'],
  ['é1', 'accent'],
]);
const lookup = (name: string) => variables.get(name);

const cases: readonly (readonly [word: string, value: string])[] = [
  ['plain', 'plain'],
  ['$x', 'foo-bar-bar.baz'],
  ['${x}y', 'foo-bar-bar.bazy'],
  ['$xy', ''],
  ['$x-y', 'foo-bar-bar.baz-y'],
  ['$é1', 'accent'],
  ['$1x', 'x'],
  ['a$', 'a$'],
  ['a$/b', 'a$/b'],
  ['\\$x', '$x'],
  ["'$x'", '$x'],
  ['"$x"', 'foo-bar-bar.baz'],
  ['"\\$x \\" \\n"', '$x " \\n'],
  ['a\\b', 'ab'],
  ['${unset:-d}', 'd'],
  ['${empty:-d}', 'd'],
  ['${empty-d}', ''],
  ['${unset-d}', 'd'],
  ['${x:-d}', 'foo-bar-bar.baz'],
  ['${x:+a}', 'a'],
  ['${empty:+a}', ''],
  ['${empty+a}', 'a'],
  ['${unset+a}', ''],
  ['${x:?m}', 'foo-bar-bar.baz'],
  ['${unset:-${x}}', 'foo-bar-bar.baz'],
  ["${unset:-'a b'}", 'a b'],
  ['${x#*-}', 'bar-bar.baz'],
  ['${x##*-}', 'bar.baz'],
  ['${x%-*}', 'foo-bar'],
  ['${x%%-*}', 'foo'],
  ['${x#foo?}', 'bar-bar.baz'],
  ['${x#nothing}', 'foo-bar-bar.baz'],
  ['${path%.*}', 'a/b/c.tar'],
  ['${x/bar/qux}', 'foo-qux-bar.baz'],
  ['${x//bar/qux}', 'foo-qux-qux.baz'],
  ['${path/\\//-}', 'a-b/c.tar.gz'],
  ['${x//ba?/}', 'foo--.'],
  ['${empty//*/y}', 'y'],
  ['${x//*/y}', 'y'],
];

for (const [word, value] of cases) {
  test(`${word} is ${value}`, () => {
    assert.deepEqual(expand(word, '\\', lookup), { ok: true, text: value });
  });
}

const refused = [
  '${',
  '${x',
  '${}',
  '${{x}}',
  '${:x}',
  '${x^}',
  '${x:#y}',
  '${unset:?told why}',
  '${empty:?}',
  '${x#\\a}',
  "'open",
  '"open',
  '${x/a}',
];

for (const word of refused) {
  test(`${word} is refused`, () => {
    assert.equal(expand(word, '\\', lookup).ok, false);
  });
}

test('a replacement with $ in it is refused rather than expanded by rules of Go', () => {
  assert.equal(expand("${x//foo/'$1'}", '\\', lookup).ok, false);
});

test('the escape character is that of the file', () => {
  assert.deepEqual(expand('`$x\\$x', '`', lookup), { ok: true, text: '$x\\foo-bar-bar.baz' });
});

test('a refusal says what it is about', () => {
  const refusal = expand('${unset:?told why}', '\\', lookup);
  assert.deepEqual(refusal, { ok: false, problem: 'unset must be set: told why' });
});

test('words nested without end are refused', () => {
  const nested = (depth: number) => `${'${unset:-'.repeat(depth)}d${'}'.repeat(depth)}`;
  assert.deepEqual(expand(nested(100), '\\', lookup), { ok: true, text: 'd' });
  assert.equal(expand(nested(100_000), '\\', lookup).ok, false);
});
