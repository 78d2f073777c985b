import assert from 'node:assert/strict';
import { appendFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Journal, type OwedMove } from '#builder/publish/journal.js';
import type { Repository } from '#core/reference/brands.js';
import { scratchTree } from '../../support/scratch.js';

const repository = (name: string): Repository => `registry.example/${name}` as Repository;
const move = (name: string, version: string): OwedMove => ({
  repository: repository(name),
  version,
});
const open = (tree: { path: string }) => new Journal(tree.path, 'registry.example');

test('what is owed outlives the run, the last version of each; what is settled is gone', () => {
  const tree = scratchTree();
  const first = open(tree);
  first.add(move('a', '1'));
  first.add(move('b', '1'));
  first.add(move('a', '2'));
  assert.deepEqual(open(tree).owed, [move('a', '2'), move('b', '1')]);
  const second = open(tree);
  second.settle(repository('a'), '1');
  assert.equal(second.owed.length, 2, 'another version is owed');
  second.settle(repository('a'), '2');
  assert.deepEqual(open(tree).owed, [move('b', '1')]);
  second.settle(repository('b'));
  assert.deepEqual(readdirSync(tree.path), []);
});

test('two builds at once keep what the other one owes', () => {
  const tree = scratchTree();
  const [one, other] = [open(tree), open(tree)];
  for (const each of [one, other]) {
    assert.deepEqual(each.owed, []);
  }
  one.add(move('a', '1'));
  other.add(move('b', '1'));
  one.settle(repository('a'), '1');
  assert.deepEqual(open(tree).owed, [move('b', '1')]);
  other.settle(repository('b'), '1');
  assert.deepEqual(readdirSync(tree.path), []);
});

test('half a line, of a run that was killed, owes nothing and spoils nothing', () => {
  const tree = scratchTree();
  open(tree).add(move('a', '1'));
  const [file = ''] = readdirSync(tree.path);
  appendFileSync(tree.at(file), '\n{"repository":"registry.exa');
  const next = open(tree);
  next.add(move('b', '1'));
  assert.deepEqual(open(tree).owed, [move('a', '1'), move('b', '1')]);
});
