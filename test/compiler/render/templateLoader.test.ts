import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { templateLoader } from '#compiler/render/templateLoader.js';
import { renderString } from '#jinja/index.js';
import { boundedBy } from '../../support/boundary.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** A tree with an image `php`, its sibling `php-secret`, and a file outside of the tree. */
function treeOf(t: TestContext) {
  const outside = temporaryDirectory(t);
  const tree = join(outside, 'images');
  const directory = join(tree, 'php');
  mkdirSync(join(directory, 'parts'), { recursive: true });
  mkdirSync(join(tree, 'php-secret'));
  writeFileSync(join(directory, 'parts', 'common'), 'RUN common {{ x }}\n');
  writeFileSync(join(directory, 'latin'), Buffer.from([0x61, 0xe9]));
  writeFileSync(join(tree, 'php-secret', 'x'), 'secret');
  writeFileSync(join(outside, 'password'), 'secret');
  symlinkSync('../php-secret/x', join(directory, 'sibling'));
  symlinkSync('../../password', join(directory, 'out'));
  symlinkSync('../..', join(directory, 'up'));
  symlinkSync('loop', join(directory, 'loop'));
  return { tree, load: templateLoader(directory, 'images/php', boundedBy(tree)) };
}

function include(root: ReturnType<typeof treeOf>, name: string) {
  return renderString(
    '{% include name %}',
    { name, x: 1 },
    { name: 'images/php/Dockerfile.template', load: root.load },
  );
}

test('includes are looked up below the image’s directory', (t) => {
  const root = treeOf(t);
  for (const name of ['parts/common', './parts//common', '/parts/common']) {
    const result = include(root, name);
    assert.ok(result.ok, name);
    assert.equal(result.output, 'RUN common 1');
  }
  const missing = include(root, 'parts/nosuch');
  assert.ok(!missing.ok && missing.error.kind === 'TemplateNotFound');
});

test('a symlink may lead to another place of the tree', (t) => {
  const result = include(treeOf(t), 'sibling');
  assert.ok(result.ok);
  assert.equal(result.output, 'secret');
});

test('no include leaves the tree', (t) => {
  const root = treeOf(t);
  for (const name of [
    '../php-secret/x',
    'parts/../../php-secret/x',
    '../../password',
    join(root.tree, '../password'),
    '/etc/passwd',
    'out',
    'up/password',
    'parts/common\0',
  ]) {
    const result = include(root, name);
    assert.ok(!result.ok, name);
    assert.match(
      `${result.error.kind}: ${result.error.message}`,
      /^TemplateNotFound: |^NotSupported: images\/php\/(out|up\/password) is a symbolic link that points outside the tree$/,
    );
  }
});

test('an include that cannot be read says why', (t) => {
  const root = treeOf(t);
  const reasonOf = (name: string) => {
    const result = include(root, name);
    return result.ok ? '' : result.error.message;
  };
  assert.match(reasonOf('loop'), /images\/php\/loop is a symlink that leads back to itself/);
  assert.match(reasonOf('parts'), /images\/php\/parts is a directory/);
  assert.match(reasonOf('latin'), /images\/php\/latin: byte 0xe9 .* is not UTF-8/);
});

test('an error in an included file names it, and where it was included', (t) => {
  const root = treeOf(t);
  const result = renderString(
    'FROM x\n{% include "parts/common" %}\n',
    {},
    { name: 'images/php/Dockerfile.template', load: root.load },
  );
  assert.ok(!result.ok);
  assert.deepEqual(result.error.place, {
    file: 'images/php/parts/common',
    line: 1,
    column: 15,
    lineText: 'RUN common {{ x }}',
  });
  assert.deepEqual(result.error.chain, [
    {
      how: 'included',
      place: {
        file: 'images/php/Dockerfile.template',
        line: 2,
        column: 4,
        lineText: '{% include "parts/common" %}',
      },
    },
  ]);
});
