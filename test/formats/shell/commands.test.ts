import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellCommands } from '#formats/shell/commands.js';

const commands = (script: string) =>
  shellCommands(script).map((words) => words.map(({ text }) => text));

test('commands are split at operators, and words at blanks', () => {
  assert.deepEqual(commands('a b&&c;d|e\nf &\tg || h'), [
    ['a', 'b'],
    ['c'],
    ['d'],
    ['e'],
    ['f'],
    ['g'],
    ['h'],
  ]);
  assert.deepEqual(commands('a \\\n  b # no c\nd#e'), [['a', 'b'], ['d#e']]);
});

test('quotes hold words together', () => {
  assert.deepEqual(commands(`a 'b c' "d; e" f\\ g h"i"'j' ""`), [
    ['a', 'b c', 'd; e', 'f g', 'hij', ''],
  ]);
  assert.deepEqual(commands('a "b \\" c" d'), [['a', 'b " c', 'd']]);
});

test('redirections are left out', () => {
  assert.deepEqual(commands('a >b 2>&1 <c d >> e 3<&- f &>g <<<h i'), [['a', 'd', 'f', 'i']]);
});

test('commands in substitutions and subshells are found', () => {
  assert.deepEqual(commands('a "$(b c)" d'), [
    ['b', 'c'],
    ['a', '', 'd'],
  ]);
  assert.deepEqual(commands('x=$(b `c`)y d'), [['c'], ['b', ''], ['x=y', 'd']]);
  assert.deepEqual(commands('(a; b) | { c; }'), [['a'], ['b'], ['{', 'c'], ['}']]);
  assert.deepEqual(commands('diff <(a b) c'), [
    ['a', 'b'],
    ['diff', '', 'c'],
  ]);
});

test('what is not closed ends with the text', () => {
  for (const script of ["a 'b", 'a "b', 'a $(b', 'a `b', 'a "$(b', '(a', 'a\\', 'a)', 'a <']) {
    assert.ok(shellCommands(script).length > 0, script);
  }
});

test('words know where they are', () => {
  const [, second] = shellCommands('a && "$(b)" cd');
  assert.deepEqual(second, [{ text: 'b', at: 8 }]);
});
