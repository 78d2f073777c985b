import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { targetName, treeGroupName, waveGroupName } from '#compiler/plan/targetName.js';

test('separators become runs of underscores', () => {
  assert.equal(targetName('golang1.24'), 'golang1_24');
  assert.equal(targetName('istio/build'), 'istio__build');
  assert.equal(targetName('a_b'), 'a___b');
  assert.equal(targetName('a__b'), 'a____b');
  assert.equal(targetName('a--b-c'), 'a--b-c');
});

test('names of groups are escaped, names like them are not', () => {
  for (const name of ['all', 'default', 'wave-1', 'wave-001', 'tree-', 'tree-images']) {
    assert.notEqual(targetName(name), name);
  }
  assert.equal(targetName('all'), 'all_____');
  assert.equal(targetName('tree-a.b'), 'tree_____-a_b');
  assert.equal(targetName('wave-x'), 'wave-x');
  assert.equal(targetName('default1'), 'default1');
  assert.equal(targetName('tree'), 'tree');
});

test('two versions or registries of one path are told apart', () => {
  assert.equal(targetName('a', '1.2-3'), 'a_____1_2-3');
  assert.equal(targetName('a', 'host:5000'), 'a_____host_3a5000_____');
});

const separator = fc.constantFrom('.', '_', '__', '-', '--', '/');
const word = fc.stringMatching(/^[a-z0-9]{1,3}$/);
const legal = fc
  .tuple(word, fc.array(fc.tuple(separator, word), { maxLength: 4 }))
  .map(([first, rest]) => first + rest.map(([by, next]) => by + next).join(''));
/** Drawn from few letters, so that different texts come near one another. */
const near = fc
  .array(fc.constantFrom('a', 'e', '2', '5', 'f', '_', '-', '.', '/', ':', 'A', 'é'))
  .map((letters) => letters.join(''));
const anyName = fc.oneof(
  legal,
  near,
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'all',
    'all_____',
    'default',
    'wave-1',
    'wave-1-',
    'tree-a',
    'tree-a-',
    'tree',
    '',
  ),
);

test('targetName is injective, legal for bake and never the name of a group', () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(anyName, fc.option(anyName, { nil: undefined }), (path, distinction) => {
      const name = targetName(path, distinction);
      assert.match(name, /^[a-z0-9_-]+$/);
      assert.doesNotMatch(name, /^-|^(?:all|default|wave-\d+|tree-.*)$/);
      const source = JSON.stringify([
        Buffer.from(path).toString('hex'),
        distinction === undefined ? null : Buffer.from(distinction).toString('hex'),
      ]);
      assert.equal(seen.get(name) ?? source, source);
      seen.set(name, source);
    }),
    { numRuns: 20_000 },
  );
});

test('legal paths keep clear of hidden names', () => {
  fc.assert(fc.property(legal, (path) => assert.match(targetName(path), /^[a-z0-9]/)));
});

test('groups of trees and waves', () => {
  assert.equal(treeGroupName('images'), 'tree-images');
  assert.equal(
    treeGroupName('../production-images/images'),
    'tree-production-images__images_____up1',
  );
  assert.equal(treeGroupName('/srv/images'), 'tree-srv__images_____root');
  assert.equal(treeGroupName('../production images'), 'tree-_2e_2e_2fproduction_20images_____');
  assert.equal(waveGroupName(1), 'wave-001');
  assert.equal(waveGroupName(1000), 'wave-1000');
  const seen = new Map<string, string>();
  const start = fc.constantFrom('', '', './', '../', '../../', '/', '.', '..');
  fc.assert(
    fc.property(start, anyName, (before, name) => {
      const tree = before + name;
      const group = treeGroupName(tree);
      assert.match(group, /^tree-[a-z0-9_-]+$/);
      const source = Buffer.from(tree).toString('hex');
      assert.equal(seen.get(group) ?? source, source);
      seen.set(group, source);
    }),
    { numRuns: 20_000 },
  );
});
