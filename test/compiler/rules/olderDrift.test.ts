import assert from 'node:assert/strict';
import { test } from 'node:test';
import { olderDrift, type Versioned } from '#compiler/rules/olderDrift.js';

function image(name: string, directory = `images/${name}`): Versioned {
  return {
    name,
    directory,
    versionFile: directory === '.' ? 'changelog' : `${directory}/changelog`,
    isPart: (file) => !file.endsWith('/control'),
  };
}

test('files that change after the file of a version have drifted from it', () => {
  const [a, b, c] = [image('a'), image('b'), image('c')];
  const first = ['images/a/changelog', 'images/b/changelog', 'images/c/changelog', 'images/c/x'];
  assert.deepEqual(olderDrift([a, b, c], [first]), [], 'all came at once');
  const later = [['images/c/deep/er/x'], ['images/a/x'], first];
  assert.deepEqual(olderDrift([a, b, c], later), ['a', 'c']);
  assert.deepEqual(olderDrift([a, b, c], [['images/a/changelog'], ...later]), ['c'], 'a is new');
  const both = [['images/a/changelog', 'images/a/x'], first];
  assert.deepEqual(olderDrift([a, b, c], both), [], 'its version came with it');
});

test('what makes no difference, or is of another image, is no drift', () => {
  const first = ['images/a/changelog', 'images/ab/changelog'];
  const images = [image('a'), image('ab')];
  assert.deepEqual(olderDrift(images, [['images/a/control'], ['images/abc/x'], ['x'], first]), []);
  const root = image('root', '.');
  assert.deepEqual(
    olderDrift([root], [['x'], ['changelog']]),
    ['root'],
    'the root is a context too',
  );
  assert.deepEqual(olderDrift([root], [['changelog'], ['x']]), []);
});
