/** Expected values checked with Python's glob.glob. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerPkgGlobs } from '#compiler/context/globs.js';

const cases: readonly (readonly [rules: string, out: string[], kept: string[]])[] = [
  ['test', ['test'], ['a/test', 'test/a']],
  ['*', ['a', 'b.md'], ['.a', 'a/b']],
  ['.*', ['.a'], ['a']],
  ['*/b', ['a/b'], ['b', '.a/b']],
  ['a/.b*', ['a/.bc'], ['a/b']],
  ['[!a]', ['b'], ['a', '.']],
  ['[a', ['[a'], ['a']],
  ['**', ['a'], ['a/b', '.a']],
  ['!a', ['!a'], ['a']],
  ['a/', [], ['a']],
  ['./a', [], ['a']],
  ['/a', [], ['a']],
  ['# a\n b \r\n#c', ['b'], ['a', 'c', '# a']],
  [' #a', ['#a'], ['a']],
];

for (const [rules, out, kept] of cases) {
  test(`${JSON.stringify(rules)} leaves out ${JSON.stringify(out)}`, () => {
    assert.deepEqual([...out, ...kept].filter(dockerPkgGlobs(rules)), out);
  });
}
