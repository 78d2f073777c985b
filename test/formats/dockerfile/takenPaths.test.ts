/** Expected values by Go's filepath.Match and by what BuildKit's COPY does with what it matches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathPattern, TakenPaths } from '#formats/dockerfile/takenPaths.js';

const paths = (...sources: string[]) => new TakenPaths(sources.map(pathPattern));

test('a source takes itself and all that is below it', () => {
  const taken = paths('a', 'd/e');
  for (const path of ['a', 'a/b', 'd/e', 'd/e/f/g']) {
    assert.equal(taken.takes(path), true, path);
  }
  for (const path of ['ab', 'd', 'd/ef', 'x/a']) {
    assert.equal(taken.takes(path), false, path);
  }
});

test('a pattern is matched part by part, and takes what is below its matches', () => {
  const taken = paths('*.go', 'd/x?/[a-c]y');
  for (const path of ['m.go', '.go', 'm.go/in/it', 'd/x1/ay', 'd/xé/cy/below']) {
    assert.equal(taken.takes(path), true, path);
  }
  for (const path of ['d/m.go', 'm.gox', 'd/x/ay', 'd/x1/dy', 'd/x1', 'd/x1/z/ay']) {
    assert.equal(taken.takes(path), false, path);
  }
});

test('directories that may have something in them are told from the others', () => {
  const taken = paths('a/b/c', 'd/*/f', '*.go');
  for (const path of ['a', 'a/b', 'a/b/c', 'a/b/c/d', 'd', 'd/x', 'd/x/f', 'd/x/f/g', 'm.go/x']) {
    assert.equal(taken.reachesInto(path), true, path);
  }
  for (const path of ['b', 'a/c', 'd/x/g', 'm']) {
    assert.equal(taken.reachesInto(path), false, path);
  }
});

test('what a source itself names is told from what is below it', () => {
  const taken = paths('a/b', 'd/*');
  assert.deepEqual(
    ['a/b', 'd/x', 'a', 'a/b/c', 'd/x/y'].map((path) => taken.isNamed(path)),
    [true, true, false, false, false],
  );
});

test('what no pattern can say leaves its directory', () => {
  for (const path of ['d/**/x', 'd/a\\*', 'd/[^a]', 'd/[!a]', 'd/[a', 'd/[]a]', 'd/[a-]']) {
    assert.deepEqual(pathPattern(path), { path: 'd', isPattern: false }, path);
  }
  assert.deepEqual(pathPattern('**'), { path: '', isPattern: false });
  assert.deepEqual(pathPattern('d/*'), { path: 'd/*', isPattern: true });
});

test('a long name against many stars takes no time', () => {
  const taken = paths(`${'*a'.repeat(40)}b`);
  assert.equal(taken.takes('a'.repeat(250)), false);
});
