import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTo, groupBy } from '#core/data/groups.js';

test('groups are in the order of their first items, items in their own', () => {
  const words = ['pear', 'fig', 'plum', 'lime', 'kiwi', 'apple'];
  assert.deepEqual(
    [...groupBy(words, (word) => word.length)],
    [
      [4, ['pear', 'plum', 'lime', 'kiwi']],
      [3, ['fig']],
      [5, ['apple']],
    ],
  );
  assert.equal(groupBy([], String).size, 0);
});

test('addTo keeps the list that is there', () => {
  const first = [1];
  const lists = new Map([['a', first]]);
  addTo(lists, 'a', 2);
  addTo(lists, 'b', 3);
  assert.equal(lists.get('a'), first);
  assert.deepEqual(Object.fromEntries(lists), { a: [1, 2], b: [3] });
});
